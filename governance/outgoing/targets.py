"""Reading a URL: what means one thing to every reader is taken apart, everything else is refused.

The parts go to the HTTP library as they were checked here; nothing reads the URL a second time.
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from governance.outgoing.addresses import Address, Standing, standing
from governance.outgoing.failures import ForbiddenAddressError

PrivateHosts = Set[tuple[str, int]]

MAX_URL: Final = 1000
MAX_HOST: Final = 253
MAX_PORT: Final = 65535
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?",
    re.IGNORECASE | re.ASCII,
)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(?::(?P<port>[1-9][0-9]{0,4}))?", re.ASCII)
_LABEL = re.compile(r"[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?", re.ASCII)
# The end of a host that some reader takes for a number: then the whole has to be an IPv4 address.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PLAIN = re.compile(r"[!-\[\]-~]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which addresses a connection may go to."""

    public: bool
    private: bool

    def covers(self, address: Address) -> bool:
        """Tell whether it may go to this one."""
        where = standing(address)
        return (where is Standing.PUBLIC and self.public) or (where is Standing.PRIVATE and self.private)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, taken apart: the host without brackets, in lower case, and the path with its query."""

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None

    @property
    def authority(self) -> str:
        """Return what the Host header says."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def check_url(url: str, private_hosts: PrivateHosts = frozenset()) -> None:
    """Refuse what can be seen to be wrong without a lookup; for the moment at which an address is saved."""
    target = read_url(url)
    reach = reach_of(target, private_hosts)
    if target.address is not None and not reach.covers(target.address):
        raise refused_address(target.host)


def reach_of(target: Target, private_hosts: PrivateHosts) -> Reach:
    """Return which addresses may be called for this URL; refuses plain HTTP where it may not be used at all."""
    is_listed = settings.AIOS_ALLOW_PRIVATE_HOSTS and (target.host, target.port) in private_hosts
    may_leave = target.scheme == "https" or settings.AIOS_ALLOW_HTTP_ENDPOINTS
    if not is_listed and not may_leave:
        raise refused(
            _("The address must begin with https://; plain http is for private hosts that an admin has listed.")
        )
    return Reach(public=may_leave, private=is_listed)


def read_url(url: str) -> Target:
    """Return the parts of a URL; raises ForbiddenAddressError for what readers could take in more than one way."""
    if len(url) > MAX_URL or not _PLAIN.fullmatch(url):
        raise refused(
            _(
                "The address has at most 1000 characters, all of them ASCII; names in other scripts are written as xn--…"
            ),
        )
    read = _URL.fullmatch(url)
    if read is None or read["scheme"].lower() not in _DEFAULT_PORTS:
        raise refused(_("The address must be a whole one, beginning with https://, and have no #fragment."))
    authority = _AUTHORITY.fullmatch(read["authority"])
    if authority is None:
        raise refused(_("After https:// comes a host and perhaps a port, without a name, password or percent signs."))
    scheme = read["scheme"].lower()
    port = int(authority["port"] or _DEFAULT_PORTS[scheme])
    if port > MAX_PORT:
        raise refused(_("The port is at most 65535."))
    host, address = read_host(authority["host"])
    return Target(scheme, host, port, (read["path"] or "/") + (read["query"] or ""), address)


def read_host(text: str) -> tuple[str, Address | None]:
    """Return a host as lists and lookups know it, and the address that it is if it is one."""
    lowered = text.lower()
    try:
        if lowered.startswith("["):
            address: Address = IPv6Address(lowered.removeprefix("[").removesuffix("]"))
            return str(address), address
        labels = lowered.split(".")
        if _NUMBER.fullmatch(labels[-1]):
            address = IPv4Address(lowered)
            return str(address), address
    except AddressValueError:
        raise refused(_("This is not an IP address in its usual form: %(host)s") % {"host": text}) from None
    if len(lowered) > MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise refused(_("This is not a host name: %(host)s") % {"host": text})
    return lowered, None


def refused(detail: str) -> ForbiddenAddressError:
    """Return the refusal of an address, for the field that it was entered in."""
    return ForbiddenAddressError(detail, extra={"field": "url"})


def refused_address(host: str) -> ForbiddenAddressError:
    """Return the refusal of what a host turned out to be; it does not tell which address that was."""
    return refused(
        _("%(host)s is not on the public internet. An admin can list hosts of your own network.") % {"host": host},
    )
