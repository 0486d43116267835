"""A policy as YAML: read strictly, with the line of whatever is wrong, and written so that it reads back the same.

Values are those of YAML 1.2's core schema, so that a label called `no` or `on` is a text and `1e-3` is a number. Anchors, tags of
one's own, repeated keys and further documents are refused: none belongs in a policy, and some would make a small file huge.
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import yaml

from routing.domain.pointers import parts_of, pointer
from routing.domain.policy_body import PolicyInvalid, dump_policy, parse_policy

MAX_CHARS = 1_000_000
MAX_DEPTH = 20
_MOST_DIGITS = 18
_KNOWN = ("workflow", "policy", "version", "body")

_NULL, _BOOL, _INT, _FLOAT = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))
_CORE = (
    (_NULL, re.compile(r"~|null|Null|NULL|"), [*"~nN", ""]),
    (_BOOL, re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF")),
    (_INT, re.compile(r"[-+]?[0-9]+"), list("-+0123456789")),
    (_FLOAT, re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), list("-+.0123456789")),
)


@dataclass
class CodeInvalid(ValueError):  # noqa: N818 - an answer to the author of the file
    """The text is no policy: in which line and column (from 1), at which JSON Pointer, and why."""

    line: int
    column: int
    pointer: str
    message: str

    def __str__(self) -> str:
        place = f" {self.pointer}:" if self.pointer else ""
        return f"line {self.line}, column {self.column}:{place} {self.message}"


@dataclass(frozen=True, slots=True)
class PolicyCode:
    """A policy as it stands in a file; `version` is the one that it was exported from."""

    workflow: str
    policy: str
    version: int | None
    body: dict[str, Any]


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


class _Dumper(yaml.SafeDumper):
    """Quotes what either version of YAML would take for something else than a text."""

    yaml_implicit_resolvers = {key: list(known) for key, known in yaml.SafeDumper.yaml_implicit_resolvers.items()}

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key."""
        super().increase_indent(flow, False)


for _tag, _pattern, _first in _CORE:
    _whole = re.compile(rf"^(?:{_pattern.pattern})$")
    _Loader.add_implicit_resolver(_tag, _whole, _first)
    _Dumper.add_implicit_resolver(_tag, _whole, _first)


def dump_code(code: PolicyCode) -> str:
    """Return the policy as YAML that `parse_code` reads back to the same."""
    head: dict[str, Any] = {"workflow": code.workflow, "policy": code.policy}
    if code.version is not None:
        head["version"] = code.version
    whole = head | {"body": dump_policy(parse_policy(code.body))}
    written: str = yaml.dump(
        whole, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=120
    )
    return written


def parse_code(text: str, *, labels: Collection[str] = ()) -> PolicyCode:
    """Return what a file says; raises CodeInvalid. Labels, where given, are the only ones allowed."""
    root = _composed(text)
    whole = _value(root, ())
    if not isinstance(whole, dict):
        raise _at(root, "", "a mapping with workflow, policy, version and body is expected")
    for name in whole:
        if name not in _KNOWN:
            raise _at_pointer(root, pointer((name,)), f"is unknown; known are {', '.join(_KNOWN)}", on_key=True)
    for name in ("workflow", "body"):
        if name not in whole:
            raise _at(root, f"/{name}", "is missing")
    for name in ("workflow", "policy"):
        if name in whole and (not isinstance(whole[name], str) or not whole[name].strip()):
            raise _at_pointer(root, f"/{name}", "must be a text that is not empty")
    version = whole.get("version")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int) or version < 1):
        raise _at_pointer(root, "/version", "must be the number of a version, or missing")
    try:
        parse_policy(whole["body"], labels=labels)
    except PolicyInvalid as error:
        raise _at_pointer(root, f"/body{error.pointer}", error.message) from None
    return PolicyCode(whole["workflow"], whole.get("policy", "standard"), version, whole["body"])


def place_of(text: str, at: str) -> tuple[int, int]:
    """Return line and column (from 1) of a pointer in a text that parses, or of the nearest place around it."""
    found = _at_pointer(_composed(text), at, "")
    return found.line, found.column


def _composed(text: str) -> yaml.Node:
    if len(text) > MAX_CHARS:
        raise CodeInvalid(1, 1, "", f"more than {MAX_CHARS:,} characters")
    try:
        _refuse_events(text)
        node: yaml.Node | None = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise CodeInvalid(line, column, "", " ".join(filter(None, (error.context, error.problem)))) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise CodeInvalid(
            line, 1, "", f"holds a character that is not allowed: #x{ord(text[error.position]):04x}"
        ) from None
    if node is None:
        raise CodeInvalid(1, 1, "", "is empty")
    return node


def _refuse_events(text: str) -> None:
    """Refuse anchors, tags and depths before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if getattr(event, "anchor", None):
            raise _at(event, "", "anchors and aliases are not taken")
        if getattr(event, "tag", None):
            raise _at(event, "", "tags are not taken")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _at(event, "", f"is nested deeper than {MAX_DEPTH} levels")


def _value(node: yaml.Node, path: tuple[str | int, ...]) -> Any:
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, inner in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _at(key_node, pointer(path), "a key must be a text")
            key = str(key_node.value)
            if key in found:
                raise _at(key_node, pointer((*path, key)), "is there twice")
            found[key] = _value(inner, (*path, key))
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(inner, (*path, index)) for index, inner in enumerate(node.value)]
    return _scalar(node, path)


def _scalar(node: yaml.Node, path: tuple[str | int, ...]) -> Any:
    text = str(node.value)
    if node.tag == _NULL:
        return None
    if node.tag == _BOOL:
        return text.lower() == "true"
    if node.tag == _INT and len(text) <= _MOST_DIGITS:
        return int(text)
    if node.tag in (_INT, _FLOAT):
        number = float(text)
        if not math.isfinite(number):
            raise _at(node, pointer(path), "is a number out of all bounds")
        return number
    return text


def _at(part: yaml.Node | yaml.Event, where: str, message: str) -> CodeInvalid:
    mark = part.start_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return CodeInvalid(line, column, where, message)


def _at_pointer(root: yaml.Node, where: str, message: str, *, on_key: bool = False) -> CodeInvalid:
    """Return the refusal at a pointer's value (its key where the value can't be told apart), or at what is around it."""
    node = root
    for part in parts_of(where):
        inner = _inner(node, part, is_key=on_key)
        if inner is None:
            break
        node = inner
    return _at(node, where, message)


def _inner(node: yaml.Node, part: str, *, is_key: bool) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((key if is_key else value for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        entry: yaml.Node = node.value[int(part)]
        return entry
    return None
