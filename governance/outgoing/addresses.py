"""Which IP addresses may be called: a list written out, since `ipaddress.is_global` passes multicast and tunnels."""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address


class Standing(StrEnum):
    """Where an address belongs."""

    PUBLIC = "public"
    PRIVATE = "private"
    NEVER = "never"


# One's own networks: called only where an admin has listed host and port.
_PRIVATE = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "::1/128",
    "fc00::/7",
)

# Called by nobody, whatever a list says.
_NEVER = (
    "0.0.0.0/8",
    "169.254.0.0/16",  # link-local, with the metadata of most clouds
    "100.100.100.200/32",  # metadata at Alibaba
    "168.63.129.16/32",  # the host agent at Azure
    "192.0.0.0/24",  # IETF protocols, with the metadata at Oracle
    "192.0.2.0/24",
    "192.88.99.0/24",  # 6to4 relays
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",  # unspecified and IPv4-compatible; ::1 is looked up before
    "::ffff:0:0/96",  # IPv4-mapped
    "::ffff:0:0:0/96",  # IPv4-translated
    "64:ff9b::/96",  # NAT64
    "64:ff9b:1::/48",  # NAT64, local
    "100::/64",
    "2001::/23",  # IETF protocols, with Teredo
    "2001:db8::/32",
    "2002::/16",  # 6to4
    "3fff::/20",
    "5f00::/16",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "fd00:ec2::/32",  # metadata at Amazon
    "fd20:ce::/32",  # metadata at Google
)

_UNICAST = IPv6Network("2000::/3")
# ISATAP: the lower half of an address that carries an IPv4 one.
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


def _networks(names: tuple[str, ...]) -> tuple[tuple[IPv4Network, ...], tuple[IPv6Network, ...]]:
    read = [ip_network(name) for name in names]
    return (
        tuple(one for one in read if isinstance(one, IPv4Network)),
        tuple(one for one in read if isinstance(one, IPv6Network)),
    )


_PRIVATE_4, _PRIVATE_6 = _networks(_PRIVATE)
_NEVER_4, _NEVER_6 = _networks(_NEVER)
_LOOPBACK_6 = IPv6Address("::1")


def standing(address: Address) -> Standing:
    """Return where the address belongs; what stands in no list is public, for IPv6 only inside 2000::/3."""
    if isinstance(address, IPv4Address):
        if any(address in network for network in _NEVER_4):
            return Standing.NEVER
        return Standing.PRIVATE if any(address in network for network in _PRIVATE_4) else Standing.PUBLIC
    if address.scope_id is not None or _carries_ipv4(address):
        return Standing.NEVER
    if address != _LOOPBACK_6 and any(address in network for network in _NEVER_6):
        return Standing.NEVER
    if any(address in network for network in _PRIVATE_6):
        return Standing.PRIVATE
    return Standing.PUBLIC if address in _UNICAST else Standing.NEVER


def _carries_ipv4(address: IPv6Address) -> bool:
    """Tell whether it is an ISATAP address; the other families that carry an IPv4 address have networks above."""
    return (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP
