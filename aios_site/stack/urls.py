"""Addresses of database and Valkey: the forms the product accepts, and those of the embedded services."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from aios_site.stack.home import POSTGRES_PORT, Home

DATABASE = "aios"


@dataclass(frozen=True)
class StackUrls:
    """Where the embedded services of a home answer, whether they run or not."""

    database: str
    owner: str
    admin: str
    redis: str


def embedded_urls(home: Home) -> StackUrls:
    """Return the addresses of a home's embedded services."""
    return StackUrls(
        database=_socket_url(home, "aios_app", DATABASE),
        owner=_socket_url(home, "aios_owner", DATABASE),
        admin=_socket_url(home, "postgres", "postgres"),
        redis=f"unix://{home.valkey_socket}?db=0",
    )


def database_settings(url: str) -> dict[str, Any]:
    """Return Django's DATABASES entry for a libpq address, by socket (`?host=/folder`) or by TCP."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        message = f"a database address begins with postgresql://, not {parts.scheme or 'nothing'}://"
        raise ValueError(message)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    name = unquote(parts.path.lstrip("/")) or options.pop("dbname", "")
    if not name:
        message = "a database address ends with the database's name: postgresql://user:password@host:5432/name"
        raise ValueError(message)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or "") or options.pop("user", ""),
        "PASSWORD": unquote(parts.password or "") or options.pop("password", ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(options.pop("port", "") or parts.port or ""),
        "OPTIONS": options,
    }


def with_database(url: str, name: str) -> str:
    """Return the same address with another database."""
    return urlsplit(url)._replace(path="/" + quote(name, safe="")).geturl()


def celery_url(url: str) -> str:
    """Return the address in the form that Celery reads; redis-py and channels-redis take `unix://` as it is."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    query = dict(parse_qsl(parts.query))
    query["virtual_host"] = query.pop("db", "0")
    credentials = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return f"redis+socket://{credentials}{parts.path}?{urlencode(query)}"


def _socket_url(home: Home, role: str, database: str) -> str:
    query = urlencode({"host": str(home.runtime), "port": POSTGRES_PORT})
    return f"postgresql://{role}@/{database}?{query}"
