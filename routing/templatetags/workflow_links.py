"""Links from the administration to the product's pages about a workflow."""

from django import template

from routing.admin.workflow_links import links
from routing.models import Workflow

register = template.Library()


@register.simple_tag
def workflow_links(workflow: Workflow) -> list[tuple[str, str]]:
    """Return titles and addresses."""
    return links(workflow.workspace.slug, workflow.key)
