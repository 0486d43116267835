"""JSON that means one thing: strict reading, and canonical writing (RFC 8785)."""

import json
import math
import re
from array import array
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from json.encoder import encode_basestring
from typing import Any, NoReturn

MAX_DEPTH = 32
MAX_BYTES = 16 * 1024 * 1024

_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_INT_DIGITS = 20
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass
class JsonRefused(ValueError):  # noqa: N818 - it is an answer to the sender, not a fault of the program
    """The bytes are not JSON that the product reads: a stable code, a sentence, and the line where known."""

    code: str
    detail: str
    line: int | None = None

    def __str__(self) -> str:
        return self.detail


def loads(raw: bytes, *, max_depth: int = MAX_DEPTH, max_bytes: int = MAX_BYTES) -> Any:
    """Return the value that the bytes mean, or raise JsonRefused; nothing is repaired or rounded to infinity."""
    if len(raw) > max_bytes:
        raise JsonRefused("too_large", f"The body has {len(raw)} bytes; at most {max_bytes} are read.")
    if raw.count(b"[") + raw.count(b"{") > max_depth and _depth(raw) > max_depth:
        raise JsonRefused("too_deep", f"The body nests more than {max_depth} levels deep.")
    if b"\x00" in raw or (b"\\u0000" in raw and _NUL.search(raw)):
        raise JsonRefused("nul_character", "The body holds the character U+0000, which can't be stored.")
    try:
        value = _DECODER.decode(raw.decode())
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise JsonRefused("not_utf8", f"Byte {error.start} is not UTF-8.", line) from None
    except json.JSONDecodeError as error:
        detail = f"Not JSON at line {error.lineno}, column {error.colno}: {error.msg}."
        raise JsonRefused("invalid_json", detail, error.lineno) from None
    except RecursionError:
        raise JsonRefused("too_deep", f"The body nests more than {max_depth} levels deep.") from None
    if b"\\u" in raw and _SURROGATE.search(raw):
        _refuse_lone_surrogates(value)
    return value


def canonical(value: Any) -> bytes:
    """Return the one RFC 8785 form of a value; integers beyond 2**53, which it leaves out, keep all their digits."""
    try:
        return _written(value).encode()
    except UnicodeEncodeError:
        raise JsonRefused("lone_surrogate", "A text holds half of a surrogate pair.") from None


def _depth(raw: bytes) -> int:
    """Return the deepest nesting outside of strings, right up to the first syntax error."""
    plain = _ESCAPE.sub(b"", raw) if b"\\" in raw else raw
    outside = b"".join(plain.translate(None, _NOT_STRUCTURE).split(b'"')[::2])
    return max(accumulate(array("b", outside.translate(_STEPS))), default=0)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in read if keys.count(key) > 1)
        raise JsonRefused("duplicate_key", f"The key {twice[:80]!a} stands twice in one object.")
    return read


def _integer(text: str) -> int:
    if len(text) > _INT_DIGITS or not _INT_MIN <= (number := int(text)) <= _INT_MAX:
        raise JsonRefused("number_out_of_range", "A whole number does not fit into 64 bits.")
    return number


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise JsonRefused("number_out_of_range", "A number is too large for a double.")
    return number


def _constant(name: str) -> NoReturn:
    raise JsonRefused("not_a_number", f"{name} is not JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
)


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise JsonRefused("lone_surrogate", "A text holds half of a surrogate pair.") from None


def _written(value: Any) -> str:  # noqa: PLR0911 - a case a type
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _ecmascript(float(value))
    if isinstance(value, dict):
        return "{" + ",".join([written + _written(value[key]) for key, written in _keys(tuple(value))]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([_written(part) for part in value]) + "]"
    message = f"{type(value).__name__} has no JSON form"
    raise TypeError(message)


@lru_cache(maxsize=1024)
def _keys(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the keys by their UTF-16 code units, each with what stands before its value."""
    ordered = sorted(keys, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return [(key, f"{encode_basestring(key)}:") for key in ordered]


def _ecmascript(number: float) -> str:
    """Return the number as ECMAScript's Number::toString writes it."""
    if not math.isfinite(number):
        raise JsonRefused("not_a_number", "NaN and Infinity have no JSON form.")
    if number == 0:
        return "0"
    text = repr(number)
    if "e" not in text:
        return text.removesuffix(".0")
    sign, figures, exponent = Decimal(text).normalize().as_tuple()
    digits = "".join(map(str, figures))
    point = len(digits) + int(exponent)
    if len(digits) <= point <= 21:  # noqa: PLR2004 - ECMAScript's own bounds
        plain = digits + "0" * (point - len(digits))
    elif -6 < point <= 0:  # noqa: PLR2004
        plain = "0." + "0" * -point + digits
    else:
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        plain = f"{mantissa}e{point - 1:+d}"
    return "-" * sign + plain
