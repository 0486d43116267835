"""A person who asks about both twins, and looks through every answer for what would tell them apart."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.test import Client

from governance.models import Delivery, WebhookEndpoint
from review.models import Dataset
from routing.models import Certificate, PolicyProposal, Replay
from tests.conftest import House, leave_workspace
from tests.review.api.twins import CONTROL, SUGGESTED, Twins
from tests.test_authorisation import API, PAGES, WORKSPACE, walk

SCORES = re.compile(
    r"0?\.971|0?\.413|0?\.414|97[.,]1|41[.,][34]|\b(?:97|41)(?:&nbsp;|\s|\u00a0)?%|0?\.4863|0?\.0713|\.97\b|\.41\b"
)
FATES = re.compile(r"\b(?:below_threshold|auto_accept|calibration|disposition|drawn|suggestion_shown)\b")


def routes() -> dict[str, str]:
    by_name = {str(pattern.name): route for route, pattern in walk() if route.startswith(API)}
    return by_name | {page: WORKSPACE + page for page in PAGES}


class Visitor:
    """A person with a browser, whose every answer is looked through."""

    def __init__(self, twins: Twins, who: str) -> None:
        self.twins, self.house, self.who = twins, twins.house, who
        self.client = Client()
        self.client.force_login(self.house.people[who])
        self.common = ids_of_everything(self.house)
        self.routes = routes()

    def call(
        self, method: str, path: str, body: Any = None, *, keeps: bool = False, query: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Call once, in a transaction of its own whose changes are kept only on demand."""
        with transaction.atomic():
            leave_workspace()
            headers = {"Aios-Workspace": self.house.workspace.slug}
            if method == "GET":
                answer = self.client.get(path, query, headers=headers)
            else:
                answer = self.client.generic(method, path, json.dumps(body), "application/json", headers=headers)
            told = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(not keeps)
        self.house.enter()
        assert answer.status_code < 500, (self.who, method, path, told[:500])
        return answer.status_code, told.decode("utf-8", "surrogateescape")

    def address(self, name: str, label: str | None = None) -> str:
        route = self.routes[name]
        for placeholder, value in (self.common | (self.twins.ids(label) if label else {})).items():
            route = route.replace(placeholder, value)
        assert "<" not in route, route
        return f"/{route}"

    def compare(self, name: str, method: str, bodies: dict[str, Any]) -> None:
        """Do the same to both twins, and find the same."""
        found = {}
        for label in SUGGESTED:
            status, text = self.call(method, self.address(name, label), bodies.get(label))
            found[label] = (status, normal(text, self.twins.names(label)))
            sent = bodies.get(label, {})
            self.twins.found += leaks(found[label][1], f"{name} {method} {sent}", sent=sent.get("label"))
        one, other = found.values()
        if one != other:
            self.twins.found.append(f"{name} {method} {bodies.get('zanzibar')}: {difference(one, other)}")

    def post_forms(self) -> None:
        """Send what the page of failed items sends, about items that have not failed; then read what it says."""
        for action in ("replay", "people", "withdraw"):
            found = []
            for label in SUGGESTED:
                with transaction.atomic():
                    leave_workspace()
                    form = {"action": action, "item": str(self.twins.items[label].id)}
                    answer = self.client.post(self.address("dead/"), form, follow=True)
                    transaction.set_rollback(True)
                self.house.enter()
                found.append((answer.status_code, normal(answer.content.decode(), self.twins.names(label))))
            if found[0] != found[1]:
                self.twins.found.append(f"dead/ POST {action}: {difference(*found)}")


def ids_of_everything(house: House) -> dict[str, str]:
    house.enter()
    endpoint = str(WebhookEndpoint.objects.get().id)
    return {
        "<slug:workspace>": house.workspace.slug,
        "<key:workflow_key>": house.workflow.key,
        "<slug:key>": house.workflow.key,
        "<key:queue_key>": house.queue.key,
        "<slug:queue_key>": house.queue.key,
        "<uuid:dataset_id>": str(Dataset.objects.get().id),
        "<uuid:certificate_id>": str(Certificate.objects.get().id),
        "<uuid:replay_id>": str(Replay.objects.get().id),
        "<uuid:proposal_id>": str(PolicyProposal.objects.earliest("id").id),
        "<uuid:version_id>": str(PolicyProposal.objects.earliest("id").version_id),
        "<int:number>": "1",
        "<uuid:delivery_id>": str(Delivery.objects.earliest("id").id),  # of the twin that was accepted
        "<uuid:webhook_id>": endpoint,
        "<uuid:endpoint_id>": endpoint,
        "<sha256:sha256>": "0" * 64,
    }


def difference(one: tuple[int, str], other: tuple[int, str]) -> str:
    """Return where two answers part."""
    if one[0] != other[0]:
        return f"{one[0]} {one[1][:300]!r} and {other[0]} {other[1][:300]!r}"
    at = next((n for n, (a, b) in enumerate(zip(one[1], other[1], strict=False)) if a != b), 0)
    return f"{one[1][max(0, at - 60) : at + 80]!r} and {other[1][max(0, at - 60) : at + 80]!r}"


MOVING = [
    (re.compile(r"<time\b.*?</time>", re.DOTALL), "(time)"),
    (re.compile(r'(name="csrf(?:-token|middlewaretoken)" (?:content|value)=")[^"]+'), r"\1"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?"), "(moment)"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "(id)"),
]


def normal(text: str, names: dict[str, str]) -> str:
    """Return an answer without what is different in any two answers."""
    for name, word in names.items():
        text = text.replace(name, word)
    for pattern, word in MOVING:
        text = pattern.sub(word, text)
    return text


def leaks(text: str, where: str, *, is_plain: bool = False, sent: object = None) -> Iterator[str]:
    """Yield each score, suggested label or word of their fate that an answer holds; a label that was sent may come back."""
    text = normal(text, {})
    counts = {label: text.lower().count(label) for label in (*SUGGESTED, CONTROL) if label != sent}
    if len(set(counts.values())) > 1:
        yield f"{where}: a label stands there more often than the others, {counts}"
    for pattern in (SCORES,) if is_plain else (SCORES, FATES):
        if found := pattern.search(text):
            yield f"{where}: {text[max(0, found.start() - 120) : found.end() + 40]!r}"
