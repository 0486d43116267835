"""The threshold that drift calls for at first: the one certified for half of what is promised."""

from routing.domain.cohorts import closed_days
from routing.domain.policy import parse_policy
from routing.domain.replay import accepted
from routing.domain.risk import Certified, certify
from routing.models import SamplePlan
from routing.selectors.certificates import valid_certificate
from routing.selectors.days import today
from routing.selectors.sample import sample
from routing.selectors.workflows import WorkflowFacts


def half_target_threshold(workflow: WorkflowFacts) -> float | None:
    """Return the loosest threshold at which half the promised error can be certified; none where nothing is promised or proved.

    What is promised is what the valid certificate says, else what the plan wants. It is tested on the closed days of the present
    model's sample, as a certificate would be; it is none, since it covers what came before the drift. A least threshold comes on top
    of the policy's own ones: tested is what the policy accepts, the surest first.
    """
    plan = SamplePlan.objects.filter(workflow_id=workflow.id).first()
    certificate = valid_certificate(workflow.id)
    promise = certificate or plan
    if promise is None or workflow.policy_body is None:
        return None
    target = promise.target / 2
    drawn = sample(workflow.id, model_version_id=workflow.model_version_id)
    closed = closed_days(drawn.cohorts(), target=target, today=today())
    counted = drawn.uniform(drawn.within(closed.days), workflow_id=workflow.id)
    counted &= accepted(drawn.columns, parse_policy(workflow.policy_body))
    found = certify(drawn.columns.confidence[counted], drawn.wrong[counted], target=target, delta=promise.delta)
    return found.threshold if isinstance(found, Certified) else None
