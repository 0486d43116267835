"""The cast: one workspace with everybody in it, an outsider, and the ways to act as them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone, translation
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from governance.domain import Actor, Role, uuid7
from governance.models import Membership, PersonToken, User, Workspace
from governance.selectors.principals import actor_of_membership, token_digest
from governance.selectors.scope import enter_workspace
from review.models import Queue
from review.services.intake import Submission, receive_items
from review.services.pipeline import process_received
from routing.models import Workflow
from routing.selectors.workflows import access_workflow
from tests.banking77 import banking77  # noqa: F401 - the fixture
from tests.factories import MembershipFactory, QueueFactory, UserFactory, WorkflowFactory, WorkspaceFactory
from tests.scheduling import pytest_collection_modifyitems, pytest_xdist_make_scheduler  # noqa: F401 - hooks


@pytest.fixture(autouse=True)
def in_english() -> None:
    """Forget the language of the last request, which its middleware leaves behind in the thread."""
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """Nothing to do: the plugin made this process its database."""


@dataclass
class House:
    """A workspace with one person per role, a workflow with an external model, and two queues."""

    workspace: Workspace
    other_workspace: Workspace
    people: dict[str, User] = field(default_factory=dict)
    workflow: Workflow = field(init=False)
    queue: Queue = field(init=False)
    escalations: Queue = field(init=False)

    def __getattr__(self, name: str) -> User:
        """Return a person of the cast: owner, lead, reviewer, colleague, auditor, integrator, admin, outsider."""
        try:
            person: User = self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None
        return person

    def enter(self) -> None:
        """Enter the workspace in the open transaction."""
        enter_workspace(self.workspace.id)

    def membership(self, user: User) -> Membership:
        """Return the person's membership of the house, or of the other workspace."""
        home = self.other_workspace if user == self.people["outsider"] else self.workspace
        enter_workspace(home.id)
        membership = Membership.objects.get(user=user)
        self.enter()
        return membership

    def actor(self, user: User) -> Actor:
        """Return the person as an actor."""
        return actor_of_membership(self.membership(user))

    def receive(self, *texts: str, label: str = "billing", confidence: float = 0.5, **facts: Any) -> list[UUID]:
        """Take in one item per text, with the external model's prediction; return their ids."""
        submissions = [
            Submission(
                external_id=f"x-{uuid7()}",
                payload={"text": text},
                predictions=[{"label": label, "confidence": confidence, "top": [[label, confidence]]}],
                **facts,
            )
            for text in texts
        ]
        receipts = receive_items(
            actor=self.actor(self.people["integrator"]),
            workflow=access_workflow(self.workflow.key),
            submissions=submissions,
        )
        ids = [receipt.item_id for receipt in receipts]
        assert all(ids), [receipt.refusal for receipt in receipts]
        return [item_id for item_id in ids if item_id]

    def route(self) -> int:
        """Predict and route everything received."""
        moved = process_received(workspace_id=self.workspace.id, workflow_id=self.workflow.id)
        self.enter()
        return moved

    def in_review(self, *texts: str, **options: Any) -> list[UUID]:
        """Take items in and route them to people."""
        ids = self.receive(*texts, **options)
        self.route()
        return ids


def build_house() -> House:
    """Store the cast, its workflow and its queues; leaves the transaction in the house's workspace."""
    other = WorkspaceFactory.build()
    enter_workspace(other.id)
    other.save()
    outsider = MembershipFactory.create(workspace=other, role=Role.ADMIN.value).user
    workspace = WorkspaceFactory.build(is_demo=False)
    enter_workspace(workspace.id)
    workspace.save()
    house = House(workspace, other, {"outsider": outsider})
    for role in Role:
        house.people[role.value] = MembershipFactory.create(
            workspace=workspace,
            role=role.value,
            user=UserFactory.create(name=f"{role.value.title()} Person"),
        ).user
    house.people["colleague"] = MembershipFactory.create(workspace=workspace, role=Role.REVIEWER.value).user
    house.workflow = WorkflowFactory.create(workspace=workspace)
    members = [house.people[name] for name in ("reviewer", "colleague", "lead")]
    house.queue = QueueFactory.create(workspace=workspace, workflow=house.workflow, members=members)
    house.escalations = QueueFactory.create(
        workspace=workspace,
        workflow=house.workflow,
        key="escalations",
        name="Escalations",
        role=Role.LEAD.value,
    )
    return house


@pytest.fixture
def house(db: None) -> House:
    """The cast, in a transaction that is rolled back."""
    return build_house()


@pytest.fixture
def live_db(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Committed data for threads and processes; everything is emptied afterwards, append-only tables too."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()
        _empty_everything()


def _empty_everything() -> None:
    address = psycopg.conninfo.make_conninfo(
        dbname=settings.DATABASES["default"]["NAME"],
        host=settings.DATABASES["default"]["HOST"],
        port=settings.DATABASES["default"]["PORT"],
    )
    with psycopg.connect(_admin_address() or address, autocommit=True) as admin:
        names = [
            row[0]
            for row in admin.execute(
                "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN"
                " ('django_migrations', 'django_content_type', 'auth_permission')",
            )
        ]
        admin.execute("SET session_replication_role = replica")
        admin.execute(("TRUNCATE " + ", ".join(names) + " RESTART IDENTITY CASCADE").encode())


def _admin_address() -> str:
    import os

    return os.environ["AIOS_TEST_ADMIN_URL"]


@pytest.fixture
def api(house: House) -> Callable[[User], APIClient]:
    """Return a client of the HTTP API with a person's token."""
    return lambda user: client_of(house, user)


def client_of(house: House, user: User) -> APIClient:
    """Return a client of the HTTP API with a new token of the person."""
    membership = house.membership(user)
    token = f"test-{uuid7()}"
    enter_workspace(membership.workspace_id)
    PersonToken.objects.create(
        token_hash=token_digest(token),
        workspace=membership.workspace,
        membership=membership,
        expires_at=timezone.now() + timedelta(hours=1),
    )
    house.enter()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def leave_workspace() -> None:
    """Forget the entered workspace, as at the start of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.workspace', '', true)")
