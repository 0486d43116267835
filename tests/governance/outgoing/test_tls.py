"""The certificate is that of the name that was asked for."""

from pathlib import Path

import pytest

from governance.outgoing import (
    Reason,
)
from governance.outgoing.client import default_context
from tests.governance.outgoing.certificates import Authority
from tests.governance.outgoing.listed import ask_listed, failure
from tests.raw_server import RawServer


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_name_and_certificate_are_checked_against_the_host(authority: Authority) -> None:
    with RawServer(tls=authority.server("model.internal")) as server:
        answer = ask_listed(server, scheme="https", ssl_context=authority.trusting())

    assert answer.status == 200
    assert server.names == ["model.internal"]
    assert server.exchanges[0].header("host") == f"model.internal:{server.port}"


@pytest.mark.parametrize("host", ["other.internal", "127.0.0.1"])
def test_a_certificate_of_another_name_is_refused(authority: Authority, host: str) -> None:
    with RawServer(tls=authority.server(host)) as server:
        caught = failure(server, scheme="https", ssl_context=authority.trusting())

    assert (caught.reason, server.exchanges) == (Reason.TLS, [])


def test_a_certificate_of_an_unknown_authority_is_refused(authority: Authority) -> None:
    with RawServer(tls=authority.server("model.internal")) as server:
        caught = failure(server, scheme="https")

    assert (caught.reason, server.exchanges) == (Reason.TLS, [])


def test_an_authority_of_ones_own_is_trusted_by_the_usual_variable(
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    context = default_context.__wrapped__()

    with RawServer(tls=authority.server("model.internal")) as server:
        assert ask_listed(server, scheme="https", ssl_context=context).status == 200
