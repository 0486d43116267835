"""Policy versions: drafted, never changed; one is active."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from governance.domain import Actor, Capability, NotFoundError
from governance.services import audit
from governance.services.rights import require
from routing import actions
from routing.domain.pointers import pointer
from routing.domain.policy_body import Policy as PolicyBody
from routing.domain.policy_body import PolicyInvalid, parse_policy
from routing.models import Policy, PolicyVersion, Workflow
from routing.services.rows import labels_in_force, lock_workflow, refused

STANDARD = "standard"


def add_policy_version(
    *,
    actor: Actor,
    workflow: Workflow,
    body: Any,
    queue_keys: Collection[str],
    policy_name: str = STANDARD,
    note: str = "",
) -> PolicyVersion:
    """Store a draft: rules and thresholds over labels of the contract in force and queues that exist."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        read_policy(body, labels=labels_in_force(locked), queue_keys=queue_keys)
        name = policy_name.strip()[:120] or STANDARD
        policy, _is_new = Policy.objects.get_or_create(workspace_id=locked.workspace_id, workflow=locked, name=name)
        last = PolicyVersion.objects.filter(policy=policy).aggregate(last=Max("number"))["last"] or 0
        version = PolicyVersion.objects.create(
            workspace_id=locked.workspace_id,
            policy=policy,
            number=last + 1,
            body=body,
            note=note[:300],
        )
        audit.record(
            actor=actor,
            action=actions.POLICY_ADDED,
            stream=("workflow", locked.id),
            data=_described(version),
        )
        return version


def access_policy_version(version_id: Any) -> PolicyVersion:
    """Return a version with its policy, or say that there is none here."""
    version = PolicyVersion.objects.select_related("policy").filter(id=version_id).first()
    if version is None:
        raise NotFoundError
    return version


def read_policy(body: Any, *, labels: Collection[str], queue_keys: Collection[str] | None) -> PolicyBody:
    """Return the parsed body, or refuse it with the pointer; with no `queue_keys` its queues are not looked at."""
    try:
        policy = parse_policy(body, labels=labels)
    except PolicyInvalid as error:
        raise refused("body", str(error), (error.pointer, error.message)) from None
    unknown = [] if queue_keys is None else [key for key in policy.queues if key not in queue_keys]
    if unknown:
        places = [(_place(body, key), _("there is no queue “%(key)s”") % {"key": key}) for key in unknown]
        raise refused("body", " ".join(f"{place}: {message}" for place, message in places), *places)
    return policy


def _place(body: dict[str, Any], key: str) -> str:
    """Return the pointer of the first place in a parsed body that names the queue."""
    for label, queue in body.get("label_queues", {}).items():
        if queue == key:
            return pointer(("label_queues", label))
    for index, rule in enumerate(body.get("rules", [])):
        if rule.get("queue") == key:
            return f"/rules/{index}/queue"
    return "/queue"


def _described(version: PolicyVersion) -> dict[str, Any]:
    return {
        "body": version.body,
        "number": version.number,
        "policy": version.policy.name,
        "policy_version": str(version.id),
    }
