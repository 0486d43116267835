"""Committed rows for the machine: two workspaces made once, emptied between examples, and time that is moved in the rows."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, transaction
from rest_framework.test import APIClient

from governance.domain import Actor
from governance.models import WebhookEndpoint, Workspace
from governance.selectors.scope import enter_workspace
from governance.statements import fetch
from review.models import Queue
from routing.models import Workflow
from tests import invariants
from tests.conftest import House, build_house, client_of
from tests.review.model.picture import LEASE_S, Rules

PEOPLE = ("reviewer", "colleague", "lead")

# What the examples write; set-up rows and the audit trail's streams of set-up stay.
_EMPTIED = (
    "governance_delivery",
    "governance_outboxmessage",
    "governance_eventfeed",
    "governance_idempotencyrecord",
    "routing_observation",
    "routing_routingdecision",
    "routing_prediction",
    "review_lateanswer",
    "review_decision",
    "review_outcome",
    "review_review",
    "review_itemsearch",
    "review_itempayload",
    "review_item",
)
_AUDIT = (
    "DELETE FROM governance_auditpayload p USING governance_auditevent e WHERE e.id = p.event_id AND e.stream_kind = 'item'",
    "DELETE FROM governance_auditevent WHERE stream_kind = 'item'",
)
_SHIFTS = (
    "UPDATE review_item SET lease_until = lease_until - {by}, available_at = available_at - {by} WHERE id = ANY(%(items)s)",
    "UPDATE review_review SET lease_until = lease_until - {by}, due_at = due_at - {by}, rank_at = rank_at - {by}"
    " WHERE item_id = ANY(%(items)s)",
    "UPDATE review_decision SET recorded_at = recorded_at - {by} WHERE item_id = ANY(%(items)s)",
    "UPDATE review_outcome SET recorded_at = recorded_at - {by} WHERE item_id = ANY(%(items)s)",
    "UPDATE routing_observation SET asked_again_at = asked_again_at - {by} WHERE item_id = ANY(%(items)s)",
    "UPDATE governance_outboxmessage SET due_at = due_at - {by}, recorded_at = recorded_at - {by},"
    " published_at = published_at - {by} WHERE stream_id = ANY(%(items)s)",
)
# The invariants in one prepared statement: planning them one by one would take longer than all the rest.
_SOUND = " UNION ALL ".join(
    f"(SELECT $rule${name}$rule$ AS rule, broken.id::text FROM ({query}) AS broken (id))"
    for name, query in invariants._BROKEN.items()
)


class CrashError(BaseException):
    """The process ends here."""


class Ground:
    """The two workspaces, who acts in them, and what a test may do that the product may not."""

    def __init__(self) -> None:
        # How often what came of each rule, so that a run can be told from one in which nothing happened.
        self.seen: Counter[str] = Counter()
        self.houses: list[House] = []
        self.endpoints: list[WebhookEndpoint] = []
        self.actors: list[dict[str, Actor]] = []
        self.clients: list[dict[str, APIClient]] = []
        for _ in range(2):
            with transaction.atomic():
                house = build_house()
                members = {name: house.people[name] for name in (*PEOPLE, "owner", "integrator")}
                self.houses.append(house)
                self.actors.append({name: house.actor(person) for name, person in members.items()})
                self.endpoints.append(
                    WebhookEndpoint.objects.create(
                        workspace=house.workspace, name="Shop", url="https://shop.example/in"
                    )
                )
                self.clients.append({name: client_of(house, person) for name, person in members.items()})
        self._admin = psycopg.connect(os.environ["AIOS_TEST_ADMIN_URL"], autocommit=True)
        self._admin.execute("SET session_replication_role = replica")

    def close(self) -> None:
        self._admin.close()

    def empty(self) -> None:
        """Forget every item, as if nothing had been sent."""
        with self._admin.transaction():
            for statement in _AUDIT:
                self._admin.execute(statement)
            for table in _EMPTIED:
                self._admin.execute(f"DELETE FROM {table}".encode())

    def set_up(self, number: int, rules: Rules, draw_rate: float) -> None:
        def write() -> None:
            Queue.objects.update(undo_window_s=rules.window_s, lease_s=LEASE_S)
            Workflow.objects.update(
                draw_rate=draw_rate,
                hold_s=rules.hold_s,
                max_attempts=rules.max_attempts,
                fallback="wait" if rules.waits_on_failure else "people",
            )
            Workspace.objects.update(name=f"Workspace {number}")

        self.inside(number, write)

    def inside(self, number: int, work: Callable[[], Any]) -> Any:
        """Do something in one transaction in a workspace."""
        with transaction.atomic():
            enter_workspace(self.houses[number].workspace.id)
            return work()

    def shift(self, items: list[UUID], seconds: float) -> None:
        """Let time pass for some items: whatever is theirs happened that much earlier."""
        with self._admin.transaction():
            for statement in _SHIFTS:
                by = f"make_interval(secs => {seconds})"
                self._admin.execute(statement.format(by=by).encode(), {"items": items})

    def query(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        """Read in the entered workspace."""
        return fetch(sql, params)

    def broken(self) -> dict[str, list[str]]:
        """Return what does not hold in the entered workspace."""
        found: dict[str, list[str]] = {}
        for row in fetch(_SOUND, {}):
            found.setdefault(row["rule"], []).append(row["id"])
        forged = invariants.unproven()
        return found | ({"every event is what was committed to": forged} if forged else {})


@contextmanager
def crash_at(statement: int) -> Iterator[None]:
    """Let the process end right after its n-th statement; nothing it would do after that happens."""
    count = 0

    def run(execute: Any, *arguments: Any) -> Any:
        nonlocal count
        if count >= statement:
            raise CrashError
        result = execute(*arguments)
        count += 1
        if count >= statement:
            raise CrashError
        return result

    with connection.execute_wrapper(run):
        yield
