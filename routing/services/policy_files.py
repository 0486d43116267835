"""Policies in files: a version as YAML, and what a file would change."""

from django.utils.translation import gettext as _

from routing.domain.policy_code import CodeInvalid, PolicyCode, dump_code, parse_code, place_of
from routing.models import PolicyVersion
from routing.selectors.contracts import contract_facts
from routing.selectors.queue_source import queue_keys
from routing.selectors.workflows import WorkflowFacts
from routing.services.policies import read_policy
from routing.services.rows import ConfigurationError


def code_of(workflow_key: str, version: PolicyVersion) -> str:
    """Return a version as a file that can be changed and applied."""
    code = PolicyCode(workflow_key, version.policy.name, version.number, version.body)
    return dump_code(code)


def read_code(text: str) -> PolicyCode:
    """Return what a file says; refuse it with line, column and pointer of what is wrong, if it is no policy at all."""
    try:
        return parse_code(text)
    except CodeInvalid as error:
        raise _refused(error) from None


def check_code(text: str, workflow: WorkflowFacts) -> PolicyCode:
    """Return what a file says, which must be about the workflow and fit its labels and queues; lines as in `read_code`."""
    labels = contract_facts(workflow.contract_id).labels if workflow.contract_id else ()
    code = read_code(text)
    if code.workflow != workflow.key:
        said = _("the file is about the workflow “%(there)s”, not “%(here)s”") % {
            "there": code.workflow,
            "here": workflow.key,
        }
        raise _refused(CodeInvalid(*place_of(text, "/workflow"), "/workflow", said))
    try:
        read_policy(code.body, labels=labels, queue_keys=queue_keys(workflow.id))
    except ConfigurationError as error:
        first = error.extra["errors"][0]
        at = f"/body{first['pointer']}"
        raise _refused(CodeInvalid(*place_of(text, at), at, first["message"])) from None
    return code


def _refused(wrong: CodeInvalid) -> ConfigurationError:
    place = {"pointer": wrong.pointer, "line": wrong.line, "column": wrong.column}
    errors = [place | {"message": wrong.message, "code": "invalid"}]
    return ConfigurationError(str(wrong), extra={"field": "code", "errors": errors})
