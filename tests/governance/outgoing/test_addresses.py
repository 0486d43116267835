"""No form of an address leads to where it may not: everything here is refused before a connection is made."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from governance.outgoing import ForbiddenAddressError, OutgoingFailure, check_url
from governance.outgoing.addresses import Standing, standing
from tests.governance.outgoing.asking import Names, ask
from tests.raw_server import RawServer

# `{port}` is the canary's. Read from their face: refused when they are saved already.
ON_ITS_FACE = {
    "loopback": "http://127.0.0.1:{port}/",
    "loopback elsewhere": "http://127.255.255.254:{port}/",
    "decimal": "http://2130706433:{port}/",
    "octal": "http://0177.0.0.1:{port}/",
    "octal, many zeros": "http://00000177.0.0.1:{port}/",
    "hexadecimal": "http://0x7f.0.0.1:{port}/",
    "hexadecimal, one number": "http://0x7f000001:{port}/",
    "hexadecimal, short": "http://0x7f.1:{port}/",
    "hexadecimal, nothing behind": "http://0x:{port}/",
    "short, two parts": "http://127.1:{port}/",
    "short, three parts": "http://127.0.1:{port}/",
    "one number, zero": "http://0:{port}/",
    "five parts": "http://127.0.0.0.1:{port}/",
    "overflowing part": "http://127.0.0.257:{port}/",
    "trailing dot": "http://127.0.0.1.:{port}/",
    "trailing dot behind a name": "http://localhost.:{port}/",
    "two dots": "http://127..0.0.1:{port}/",
    "this network": "http://0.0.0.0:{port}/",
    "private ten": "http://10.1.2.3:{port}/",
    "carrier": "http://100.64.0.1:{port}/",
    "private 172": "http://172.31.255.255:{port}/",
    "private 192.168": "http://192.168.0.1:{port}/",
    "link-local": "http://169.254.1.1:{port}/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "metadata, decimal": "http://2852039166/latest/meta-data/",
    "metadata at Alibaba": "http://100.100.100.200/latest/meta-data/",
    "metadata at Oracle": "http://192.0.0.192/",
    "host agent at Azure": "http://168.63.129.16/",
    "metadata at Amazon, IPv6": "http://[fd00:ec2::254]/latest/meta-data/",
    "documentation": "http://192.0.2.1:{port}/",
    "documentation, two": "http://198.51.100.1:{port}/",
    "documentation, three": "http://203.0.113.1:{port}/",
    "relays": "http://192.88.99.1:{port}/",
    "benchmarks": "http://198.18.0.1:{port}/",
    "multicast": "http://224.0.0.1:{port}/",
    "reserved": "http://240.0.0.1:{port}/",
    "broadcast": "http://255.255.255.255:{port}/",
    "IPv6 loopback": "http://[::1]:{port}/",
    "IPv6 loopback, long": "http://[0:0:0:0:0:0:0:1]:{port}/",
    "IPv6 unspecified": "http://[::]:{port}/",
    "IPv4-mapped": "http://[::ffff:127.0.0.1]:{port}/",
    "IPv4-mapped, hexadecimal": "http://[::ffff:7f00:1]:{port}/",
    "IPv4-mapped, public inside": "http://[::ffff:93.184.216.34]:{port}/",
    "IPv4-compatible": "http://[::127.0.0.1]:{port}/",
    "IPv4-translated": "http://[::ffff:0:127.0.0.1]:{port}/",
    "NAT64": "http://[64:ff9b::127.0.0.1]:{port}/",
    "NAT64, public inside": "http://[64:ff9b::5db8:d822]:{port}/",
    "NAT64, local": "http://[64:ff9b:1::7f00:1]:{port}/",
    "6to4": "http://[2002:7f00:1::]:{port}/",
    "Teredo": "http://[2001:0:53aa:64c:0:0:80ff:fffe]:{port}/",
    "ISATAP": "http://[2400:1::5efe:7f00:1]:{port}/",
    "ISATAP, global": "http://[2400:1::200:5efe:7f00:1]:{port}/",
    "unique local": "http://[fd12:3456::1]:{port}/",
    "IPv6 link-local": "http://[fe80::1]:{port}/",
    "site-local": "http://[fec0::1]:{port}/",
    "IPv6 multicast": "http://[ff02::1]:{port}/",
    "IPv6 documentation": "http://[2001:db8::1]:{port}/",
    "IPv6 documentation, new": "http://[3fff::1]:{port}/",
    "IPv6 discard": "http://[100::1]:{port}/",
    "segment routing": "http://[5f00::1]:{port}/",
    "IPv6, not handed out": "http://[4000::1]:{port}/",
    "zone": "http://[fe80::1%25eth0]:{port}/",
    "zone, raw": "http://[::1%lo]:{port}/",
    "brackets around IPv4": "http://[127.0.0.1]:{port}/",
    "brackets around a name": "http://[localhost]:{port}/",
    "bracket left open": "http://[::1:{port}/",
    "user": "http://example.com@127.0.0.1:{port}/",
    "user and password": "http://example.com:80@127.0.0.1:{port}/",
    "user behind a backslash": "http://example.com\\@127.0.0.1:{port}/",
    "user behind a fragment": "http://127.0.0.1:{port}#@example.com/",
    "empty user": "http://@127.0.0.1:{port}/",
    "percent-encoded host": "http://%31%32%37.0.0.1:{port}/",
    "percent-encoded slash": "http://127.0.0.1:{port}%2f@example.com/",
    "full-width digits": "http://\uff11\uff12\uff17.0.0.1:{port}/",
    "circled digits": "http://①②⑦.⓪.⓪.①:{port}/",
    "full-width stops": "http://127。0。0。1:{port}/",
    "soft hyphen": "http://local\u00adhost:{port}/",
    "name in another script": "http://ⓛocalhost:{port}/",
    "zero-width space": "http://127.0.0.1\u200b:{port}/",
    "newline": "http://example.com\r\nHost: 127.0.0.1:{port}/",
    "newline in the path": "http://93.184.216.34/\r\nX: y",
    "tab in the scheme": "ht\ttp://127.0.0.1:{port}/",
    "leading space": " http://127.0.0.1:{port}/",
    "nul": "http://127.0.0.1\x00.example.com:{port}/",
    "space in the path": "http://93.184.216.34/a b",
    "fragment": "http://93.184.216.34/#a",
    "no host": "http:///path",
    "no scheme": "//127.0.0.1:{port}/",
    "one slash": "http:/127.0.0.1:{port}/",
    "three slashes": "http:///127.0.0.1:{port}/",
    "another scheme": "gopher://127.0.0.1:{port}/",
    "a file": "file:///etc/passwd",
    "a socket": "unix:///run/docker.sock",
    "port zero": "http://93.184.216.34:0/",
    "port beyond": "http://93.184.216.34:65536/",
    "port with a zero before": "http://93.184.216.34:080/",
    "port with a sign": "http://93.184.216.34:+80/",
    "no port behind the colon": "http://93.184.216.34:/",
    "two ports": "http://93.184.216.34:80:{port}/",
    "name of 64 letters": "http://" + "a" * 64 + ".example.com/",
    "hyphen first": "http://-a.example.com/",
    "too long": "http://93.184.216.34/" + "a" * 1000,
}

# Names whose lookup tells.
BY_LOOKUP: dict[str, list[str]] = {
    "loopback": ["127.0.0.1"],
    "public, then private": ["93.184.216.34", "127.0.0.1"],
    "private, then public": ["127.0.0.1", "93.184.216.34"],
    "public, then IPv6 loopback": ["93.184.216.34", "::1"],
    "metadata": ["169.254.169.254"],
    "mapped": ["::ffff:127.0.0.1"],
    "NAT64": ["64:ff9b::7f00:1"],
    "6to4": ["2002:7f00:1::1"],
    "multicast": ["224.0.0.251"],
    "link-local with a zone": ["fe80::1%lo"],
    "public with a zone": ["2606:4700::1111%lo"],
    "no address at all": ["somewhere"],
}


@pytest.fixture
def canary() -> Iterator[RawServer]:
    """A server that nobody may reach."""
    with RawServer() as server:
        yield server
        assert server.connections == 0


@pytest.fixture(autouse=True)
def plain_http(settings: Any) -> None:
    """Allow plain HTTP, so that it is never the scheme that refuses."""
    settings.AIOS_ALLOW_HTTP_ENDPOINTS = True


@pytest.mark.parametrize("form", ON_ITS_FACE)
def test_an_address_that_is_wrong_on_its_face_is_refused_when_saved_and_when_called(
    canary: RawServer, form: str
) -> None:
    url = ON_ITS_FACE[form].format(port=canary.port)

    with pytest.raises(ForbiddenAddressError) as caught:
        check_url(url)
    with pytest.raises(ForbiddenAddressError):
        ask(url, timeout_s=1.0)

    assert (caught.value.code, caught.value.extra) == ("address_refused", {"field": "url"})


@pytest.mark.parametrize("form", ON_ITS_FACE)
def test_https_makes_no_difference(canary: RawServer, form: str) -> None:
    with pytest.raises(OutgoingFailure):
        ask(ON_ITS_FACE[form].replace("http:", "https:").format(port=canary.port), timeout_s=1.0)


@pytest.mark.parametrize("form", BY_LOOKUP)
def test_a_name_is_refused_if_any_of_its_addresses_is(canary: RawServer, form: str) -> None:
    names = Names(example_com=[BY_LOOKUP[form]])

    with pytest.raises(ForbiddenAddressError):
        ask(f"http://example.com:{canary.port}/", names=names)

    assert names.lookups == ["example.com"]


def test_localhost_is_refused_by_its_real_addresses(canary: RawServer) -> None:
    with pytest.raises(ForbiddenAddressError):
        ask(f"http://localhost:{canary.port}/")


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fe80::1",
        "ff02::1",
        "fd00:ec2::254",
        "fd20:ce::254",
    ],
)
def test_a_list_of_private_hosts_does_not_open_these(address: str) -> None:
    host = str(ip_address(address))
    shown = f"[{host}]" if ":" in host else host

    with pytest.raises(ForbiddenAddressError):
        check_url(f"http://{shown}:8080/", frozenset({(host, 8080)}))
    with pytest.raises(ForbiddenAddressError):
        ask("http://model.internal:8080/", names=Names(model_internal=[[address]]), private_hosts=LISTED)


LISTED = frozenset({("model.internal", 8080)})


@pytest.mark.parametrize(
    ("url", "is_listed"),
    [
        ("http://10.0.0.5:8080/", True),
        ("http://10.0.0.5:8081/", False),
        ("http://10.0.0.5/", False),
        ("http://10.0.0.6:8080/", False),
        ("http://[FD00:0::5]:8080/", True),
        ("http://[fd00::6]:8080/", False),
    ],
)
def test_a_listed_host_is_open_at_its_port_alone(settings: Any, url: str, is_listed: bool) -> None:
    hosts = frozenset({("10.0.0.5", 8080), ("fd00::5", 8080)})
    refusals: list[type[Exception]] = []

    try:
        check_url(url, hosts)
    except ForbiddenAddressError as error:
        refusals.append(type(error))

    assert (refusals == []) is is_listed
    settings.AIOS_ALLOW_PRIVATE_HOSTS = False
    with pytest.raises(ForbiddenAddressError):
        check_url(url, hosts)


@pytest.mark.parametrize(
    "host", ["93.184.216.34", "1.1.1.1", "[2606:4700::1111]", "example.com", "xn--bcher-kva.example"]
)
def test_what_is_public_passes(host: str) -> None:
    check_url(f"https://{host}/hook?a=b%20c")
    check_url(f"HTTPS://{host.upper()}:8443")


def test_plain_http_is_for_listed_hosts_alone_unless_the_installation_says_otherwise(settings: Any) -> None:
    settings.AIOS_ALLOW_HTTP_ENDPOINTS = False

    check_url("http://model.internal:8080/", LISTED)
    for url in ("http://example.com/", "http://93.184.216.34/", "http://model.internal/"):
        with pytest.raises(ForbiddenAddressError):
            check_url(url, LISTED)
    # A listed name that turns out to be public is not sent plain text.
    with pytest.raises(ForbiddenAddressError):
        ask("http://model.internal:8080/", names=Names(model_internal=[["93.184.216.34"]]), private_hosts=LISTED)


def test_every_address_has_one_standing() -> None:
    assert {standing(ip_address(text)) for text in ("10.0.0.1", "::1", "fc00::1", "127.0.0.1")} == {Standing.PRIVATE}
    assert {standing(ip_address(text)) for text in ("9.9.9.9", "2a00::1", "172.32.0.1")} == {Standing.PUBLIC}
