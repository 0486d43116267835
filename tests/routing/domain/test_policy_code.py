"""Policies as YAML: what is written reads back the same, and what is wrong is told with its line."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.policy_body import parse_policy
from routing.domain.policy_code import CodeInvalid, PolicyCode, dump_code, parse_code

GOOD = """\
# A comment.
workflow: support-triage
policy: standard
version: 3
body:
  default_threshold: 0.9
  label_thresholds:
    billing: 0.85
    no: null
  rules:
    - kind: value_above
      limit: 100
      to: review
  queue: triage
"""
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
ODD = st.sampled_from(
    ["no", "on", "null", "~", "1e3", "0x10", "1_000", ".5", "=", "<<", "- a", "a: b", "#x", "2026-01-01"]
)
LABELS = NAMES | ODD
KEYS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}", fullmatch=True)
THRESHOLDS = st.none() | st.floats(0, 1)


NAMED = st.lists(LABELS, min_size=1, max_size=3)
ABOUT: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "value_above": ("limit", st.floats(allow_nan=False, allow_infinity=False)),
    "label_in": ("labels", NAMED),
    "flag_present": ("flags", st.none() | NAMED),
    "missing_field": ("fields", st.lists(KEYS.map("/{}".format), min_size=1, max_size=3)),
}


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    to = draw(st.sampled_from(["review", "escalate"]))
    queue = draw(st.none() | KEYS)
    kind = draw(st.sampled_from(list(ABOUT)))
    name, values = ABOUT[kind]
    about = {"kind": kind, name: draw(values)}
    return about | {"to": to} | ({"queue": queue} if queue else {})


def bodies() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"default_threshold": THRESHOLDS, "queue": KEYS},
        optional={
            "label_thresholds": st.dictionaries(LABELS, THRESHOLDS, max_size=4),
            "label_queues": st.dictionaries(LABELS, KEYS, max_size=3),
            "label_priorities": st.dictionaries(LABELS, st.integers(-1000, 1000), max_size=3),
            "priority": st.integers(-1000, 1000),
            "rules": st.lists(rules(), max_size=4),
        },
    )


def refused(text: str) -> CodeInvalid:
    with pytest.raises(CodeInvalid) as caught:
        parse_code(text)
    return caught.value


@given(bodies(), NAMES.filter(str.strip), st.none() | st.integers(1, 10_000))
def test_what_is_written_reads_back_the_same(body: dict[str, Any], policy: str, version: int | None) -> None:
    code = PolicyCode("support-triage", policy, version, body)
    text = dump_code(code)
    read = parse_code(text)

    assert (read.workflow, read.policy, read.version) == ("support-triage", policy, version)
    assert parse_policy(read.body) == parse_policy(body)
    assert dump_code(read) == text


def test_a_file_as_a_person_writes_it() -> None:
    code = parse_code(GOOD)

    assert (code.workflow, code.policy, code.version) == ("support-triage", "standard", 3)
    assert code.body["label_thresholds"] == {"billing": 0.85, "no": None}
    assert code.body["rules"] == [{"kind": "value_above", "limit": 100, "to": "review"}]


@pytest.mark.parametrize(
    ("old", "new", "line", "pointer", "message"),
    [
        ("default_threshold: 0.9", "default_threshold: 9", 6, "/body/default_threshold", "between 0 and 1"),
        ("billing: 0.85", "billing: high", 8, "/body/label_thresholds/billing", "must be a number"),
        ("limit: 100", "limits: 100", 12, "/body/rules/0/limits", "is unknown"),
        ("limit: 100", "limit: .inf", 12, "/body/rules/0/limit", "must be a number"),
        ("limit: 100", f"limit: {'9' * 400}", 12, "/body/rules/0/limit", "out of all bounds"),
        ("to: review", "to: nobody", 13, "/body/rules/0/to", "must be review or escalate"),
        ("kind: value_above", "kind: value", 11, "/body/rules/0/kind", "must be one of"),
        ("  queue: triage", "  queues: triage", 14, "/body/queues", "is unknown"),
        ("version: 3", "version: three", 4, "/version", "number of a version"),
        ("version: 3", "version: true", 4, "/version", "number of a version"),
        ("policy: standard", "policy: ''", 3, "/policy", "not empty"),
        ("policy: standard", "polizei: standard", 3, "/polizei", "is unknown"),
        ("policy: standard", "workflow: again", 3, "/workflow", "is there twice"),
        ("policy: standard", "policy: &a standard", 3, "", "anchors"),
        ("policy: standard", "policy: !!python/object:os.system standard", 3, "", "tags"),
        ("policy: standard", "policy: [standard", 4, "", "expected"),
        ("policy: standard", "\tpolicy: standard", 3, "", "cannot start any token"),
        ("policy: standard", "policy: a\x00b", 3, "", "not allowed"),
        ("  queue: triage\n", "  queue: triage\n---\nworkflow: x\n", 15, "", "single document"),
    ],
    ids=lambda value: str(value)[:40].encode("unicode_escape").decode(),
)
def test_what_is_wrong_is_told_with_line_and_pointer(old: str, new: str, line: int, pointer: str, message: str) -> None:
    error = refused(GOOD.replace(old, new, 1))

    assert (error.line, error.pointer) == (line, pointer), str(error)
    assert message in str(error)


def test_a_missing_member_is_named() -> None:
    assert refused("workflow: a\n").pointer == "/body"
    assert refused("body: {}\n").pointer == "/workflow"
    assert refused("workflow: a\nbody:\n  default_threshold: 0.9\n").pointer == "/body/queue"
    assert refused("").message == "is empty"
    assert refused("just words").message.startswith("a mapping")
    assert refused("{[a]: b}").message == "a key must be a text"


def test_a_small_file_can_not_become_a_huge_one() -> None:
    assert "nested deeper" in str(refused("[" * 5000))
    assert "characters" in str(refused("a" * 1_000_001))


def test_a_label_that_the_contract_lacks_is_told_with_its_line() -> None:
    with pytest.raises(CodeInvalid) as caught:
        parse_code(GOOD, labels=["billing"])

    assert (caught.value.line, caught.value.pointer) == (9, "/body/label_thresholds/no")
