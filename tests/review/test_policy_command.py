"""`manage.py policy`: what it prints, what it does, and how it ends."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from governance.models import Workspace
from routing.models import PolicyProposal, PolicyVersion, Workflow
from tests.conftest import House, leave_workspace


def run(house: House, step: str, *words: str, **options: Any) -> tuple[int, str]:
    """Return how the command ended and what it printed."""
    out = StringIO()
    leave_workspace()
    try:
        call_command("policy", step, *words, "--workspace", house.workspace.slug, stdout=out, **options)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    house.enter()
    return code, out.getvalue()


@pytest.fixture
def file(house: House, tmp_path: Path) -> Path:
    """The policy in force, exported."""
    path = tmp_path / "policy.yaml"
    assert run(house, "export", "--workflow", house.workflow.key, "--output", str(path)) == (0, "")
    return path


def change(file: Path, **body: Any) -> Path:
    whole = yaml.safe_load(file.read_text())
    whole["body"] |= body
    file.write_text(yaml.safe_dump(whole))
    return file


def test_the_exported_file_changes_nothing(house: House, file: Path) -> None:
    assert yaml.safe_load(file.read_text())["version"] == 1
    assert run(house, "plan", str(file)) == (0, "support-triage: v1 in force\n  nothing would change\n")
    assert run(house, "apply", str(file), "--reason", "x")[0] == 0
    assert not PolicyProposal.objects.exists()


def test_a_plan_tells_the_changes_and_what_they_would_have_done(house: House, file: Path) -> None:
    house.in_review("one", "two", "three", confidence=0.85)
    house.in_review("four", confidence=0.95)
    code, told = run(house, "plan", str(change(file, default_threshold=0.8)))

    assert code == 2
    assert "  ~ /default_threshold  0.9 -> 0.8  (looser)\n" in told
    assert "Of 4 items of the last 14 days:\n  automatic 25.0% -> 100.0%\n  3 to automatic, 0 to people\n" in told
    assert PolicyVersion.objects.count() == 1


def test_a_plan_as_json(house: House, file: Path) -> None:
    code, told = run(house, "plan", str(change(file, default_threshold=None)), "--json")

    assert code == 2
    answer = json.loads(told)
    assert (answer["in_force"], answer["preview"]["items"]) == (1, 0)
    assert [one["effect"] for one in answer["changes"]] == ["tighter"]


@pytest.mark.parametrize(
    ("words", "state", "share", "number"),
    [
        ([], "proposed", 0, 1),
        (["--stage", "5"], "staged", 0.05, 1),
        (["--stage", "100"], "staged", 1, 1),
        (["--activate"], "full", 1, 2),
    ],
    ids=["proposed", "staged", "at-100", "in-force"],
)
def test_applying_goes_as_far_as_it_is_told(
    house: House, file: Path, words: list[str], state: str, share: float, number: int
) -> None:
    change(file, default_threshold=0.8)
    code, _told = run(house, "apply", str(file), "--reason", "fewer reviews", "--as", house.owner.email, *words)

    proposal = PolicyProposal.objects.get()
    assert (code, proposal.state, proposal.share, proposal.reason) == (0, state, share, "fewer reviews")
    assert proposal.proposed_by_id == house.membership(house.owner).pseudonym
    version = Workflow.objects.select_related("policy_version").get(id=house.workflow.id).policy_version
    assert version is not None
    assert version.number == number


def test_where_a_second_person_approves_it_ends_with_three_and_a_proposal(house: House, file: Path) -> None:
    Workspace.objects.filter(id=house.workspace.id).update(approves_policies=True)
    code, told = run(house, "apply", str(change(file, default_threshold=0.8)), "--reason", "x", "--activate")

    assert code == 3
    assert "A second person has to approve it." in told
    assert PolicyProposal.objects.get().state == "proposed"


def test_a_file_of_another_version_is_not_applied_over_it(house: House, file: Path) -> None:
    change(file, default_threshold=0.8)
    run(house, "apply", str(file), "--reason", "x", "--activate")

    with pytest.raises(CommandError, match="exported from version 1, and version 2 is in force"):
        run(house, "apply", str(change(file, default_threshold=0.7)), "--reason", "x")
    assert run(house, "apply", str(file), "--reason", "x", "--anyway")[0] == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "default_threshold: 0.9",
            "default_threshold: 90",
            r"line 5, column 22: /body/default_threshold: must be between",
        ),
        ("queue: triage", "queue: nowhere", r"line 8, column 10: /body/queue: there is no queue “nowhere”"),
        ("workflow: support-triage", "workflow: no-such", "There is no workflow “no-such”"),
        (
            "label_thresholds: {}",
            "label_thresholds: {unheard: 0.5}",
            "line 6, column 31: /body/label_thresholds/unheard",
        ),
        ("body:", "body: [", "line 6"),
    ],
    ids=["value", "queue", "workflow", "label", "syntax"],
)
def test_a_bad_file_is_refused_with_its_line(house: House, file: Path, old: str, new: str, told: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    for step in (["plan"], ["apply", "--reason", "x"]):
        with pytest.raises(CommandError, match=told) as caught:
            run(house, step[0], str(file), *step[1:])
        assert caught.value.returncode == 1
        house.enter()
    assert not PolicyProposal.objects.exists()


def test_who_may_not_configure_applies_nothing(house: House, file: Path) -> None:
    with pytest.raises(CommandError, match="role"):
        run(house, "apply", str(change(file, default_threshold=0.8)), "--reason", "x", "--as", house.lead.email)


def test_no_file_and_no_such_version_are_told(house: House, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run(house, "plan", str(tmp_path / "none.yaml"))
    with pytest.raises(CommandError, match="no version 9"):
        run(house, "export", "--workflow", house.workflow.key, "--number", "9")
