"""Rows for tests, by factory_boy; everything belongs to the workspace that the transaction entered."""

from typing import Any

import factory
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from governance.domain import Role
from governance.models import Membership, User, Workspace
from review.models import Queue, QueueMember
from routing.models import Contract, Model, ModelVersion, Policy, PolicyVersion, Workflow

LABELS = ["billing", "delivery", "other"]
INPUT_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "subject": {"type": "string", "maxLength": 300, "x-view": "title"},
        "text": {"type": "string", "minLength": 1, "maxLength": 20000, "x-view": "text"},
        "email": {"type": "string", "format": "email", "x-sensitive": True},
    },
    "required": ["text"],
    "additionalProperties": False,
}
OUTPUT_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"label": {"type": "string", "enum": LABELS}, "urgent": {"type": "boolean"}},
    "required": ["label"],
    "additionalProperties": False,
}
POLICY_BODY: dict[str, Any] = {"default_threshold": 0.9, "queue": "triage"}


class UserFactory(DjangoModelFactory[User]):
    """A person with the password `correct horse`."""

    class Meta:
        model = User

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.com")
    # A hash is slow to make: this one is of the password above, with one round.
    password = factory.LazyFunction(lambda: cheap_password("correct horse"))


class WorkspaceFactory(DjangoModelFactory[Workspace]):
    """A workspace; enter it before storing it."""

    class Meta:
        model = Workspace

    slug = factory.Sequence(lambda n: f"space-{n}")
    name = factory.Sequence(lambda n: f"Space {n}")


class MembershipFactory(DjangoModelFactory[Membership]):
    """A person's place in a workspace."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    role = Role.REVIEWER.value


class WorkflowFactory(DjangoModelFactory[Workflow]):
    """An active workflow with a contract, an external model and a policy."""

    class Meta:
        model = Workflow
        skip_postgeneration_save = True

    key = "support-triage"
    name = "Support triage"
    fallback = "people"
    escalation_role = Role.LEAD.value
    draw_rate = 0.0

    @post_generation
    def complete(self: Any, _create: bool, _extracted: Any, **_kwargs: Any) -> None:
        """Give the workflow what it needs to be active."""
        contract = Contract.objects.create(
            workspace=self.workspace,
            workflow=self,
            version="1.0.0",
            input_schema=INPUT_SCHEMA,
            output_schema=OUTPUT_SCHEMA,
        )
        model = Model.objects.create(workspace=self.workspace, workflow=self, name="triage")
        version = ModelVersion.objects.create(workspace=self.workspace, model=model, version="1", backend="external")
        policy = Policy.objects.create(workspace=self.workspace, workflow=self, name="standard")
        body = PolicyVersion.objects.create(workspace=self.workspace, policy=policy, number=1, body=POLICY_BODY)
        self.contract, self.model_version, self.policy_version, self.state = contract, version, body, "active"
        self.save()


class QueueFactory(DjangoModelFactory[Queue]):
    """A queue; `members` are added to it."""

    class Meta:
        model = Queue
        skip_postgeneration_save = True

    key = "triage"
    name = "Triage"

    @post_generation
    def members(self: Any, _create: bool, extracted: Any, **_kwargs: Any) -> None:
        """Add the people who work it."""
        for user in extracted or []:
            QueueMember.objects.create(workspace=self.workspace, queue=self, user=user)


def cheap_password(password: str) -> str:
    """Return a password hash of one round."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    return PBKDF2PasswordHasher().encode(password, "salt-for-tests-only", iterations=1)
