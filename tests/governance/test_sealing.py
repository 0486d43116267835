"""Sealed secrets: unreadable as stored, readable under the present key and those before it."""

from typing import Any

import pytest

from governance.sealing import BrokenSealError, seal, unseal


def test_what_is_sealed_is_read_again_and_looks_different_each_time() -> None:
    first, second = seal(b"whsec_abc"), seal(b"whsec_abc")

    assert unseal(first) == unseal(memoryview(second)) == b"whsec_abc"
    assert first != second
    assert b"whsec_abc" not in first


def test_an_old_key_opens_until_it_is_forgotten(settings: Any) -> None:
    settings.SECRET_KEY = "old" * 20
    sealed = seal(b"token")

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, ["old" * 20]
    assert unseal(sealed) == b"token"
    assert unseal(seal(b"token")) == b"token"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(BrokenSealError):
        unseal(sealed)


@pytest.mark.parametrize(
    "sealed",
    [b"", b"nonsense", seal(b"x")[:-4] + b"AAAA"],
    ids=["nothing", "nonsense", "altered"],  # sealed bytes differ each time, and every worker must find the same tests
)
def test_what_was_altered_is_refused(sealed: bytes) -> None:
    with pytest.raises(BrokenSealError):
        unseal(sealed)
