"""Typed readers of the environment that fail loudly: a setting that is present but wrong stops the start."""

import os

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


def text(name: str, default: str | None = None) -> str:
    """Return the variable, or the default; without either, refuse to start."""
    value = os.environ.get(name)
    if value:
        return value
    if default is None:
        message = f"{name} is not set"
        raise ImproperlyConfigured(message)
    return default


def flag(name: str, *, default: bool) -> bool:
    """Return a yes/no variable."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    message = f"{name} must be one of 1, 0, true, false, yes, no, on, off; it is {value!r}"
    raise ImproperlyConfigured(message)


def number(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    """Return a whole number within its bounds."""
    value = os.environ.get(name)
    if value is None or value == "":
        return default
    try:
        parsed = int(value)
    except ValueError:
        parsed = least - 1
    if not least <= parsed <= most:
        message = f"{name} must be a whole number from {least} to {most}; it is {value!r}"
        raise ImproperlyConfigured(message)
    return parsed


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without empty entries."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]
