"""Models behind an HTTP address: one POST a batch. Whatever goes wrong is a named failure of the items asked about."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from governance.outgoing import OutgoingClient
from governance.sealing import BrokenSealError, unseal
from routing.backends.base import Payload
from routing.backends.breaker import BREAKER, Breaker
from routing.backends.http_call import HttpCall
from routing.backends.http_messages import MOST_ITEMS, parts_of
from routing.domain.predictions import Failure, PredictionResult, failed

MOST_TIMEOUT_S = 60.0
LEAST_RESPONSE_BYTES, MOST_RESPONSE_BYTES = 1 << 10, 16 << 20
_LEAST_BATCH_S = 20.0
_TOKEN = re.compile(r"[\x21-\x7e]{1,4000}")


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """Where the model is, how long it may take for a request and how much it may answer."""

    url: str
    timeout_s: float = 10.0
    max_response_bytes: int = 4 << 20
    max_items: int = MOST_ITEMS
    sealed_token: str = ""

    @property
    def batch_s(self) -> float:
        """Return the time for all parts of a batch together; what has no answer by then has failed."""
        return max(_LEAST_BATCH_S, self.timeout_s)

    @classmethod
    def from_json(cls, config: Mapping[str, Any]) -> "HttpConfig":
        """Return the configuration that a model version's row holds; raises ValueError where it is not one."""
        known = {key: config[key] for key in cls.__slots__ if key in config}
        if "url" not in known or not _is_fit(read := cls(**known)):
            shown = {key: value for key, value in known.items() if key != "sealed_token"}
            message = f"not a configuration of a model over HTTP: {shown!a:.300}"
            raise ValueError(message)
        return read


class HttpBackend:
    """Asks the model at one address, in parts that stay under a size."""

    def __init__(
        self,
        config: HttpConfig,
        *,
        key: str,
        model: str,
        version: str,
        private_hosts: frozenset[tuple[str, int]],
        breaker: Breaker = BREAKER,
        client: Callable[[], OutgoingClient] = OutgoingClient,
    ) -> None:
        """Keep where to ask; `key` is what the breaker knows the model version by."""
        self._config = config
        self._key = key
        self._names = (model, version)
        self._private_hosts = private_hosts
        self._breaker = breaker
        self._client = client

    def predict(self, payloads: Sequence[Payload]) -> list[PredictionResult]:
        """Return one result per payload; a part that can't be asked fails alone."""
        if not payloads:
            return []
        paused = self._breaker.paused_by(self._key)
        if paused is not None:
            detail = f"Not asked: the model failed several times and is left alone for some seconds. {paused.detail}"
            return [failed(Failure(paused.failure or Failure.MODEL_ERROR), detail)] * len(payloads)
        try:
            headers = self._headers()
        except BrokenSealError as error:
            return [failed(Failure.MODEL_ERROR, str(error))] * len(payloads)
        began = time.monotonic()
        results = asyncio.run(self._asked(payloads, headers))
        latency_ms = (time.monotonic() - began) * 1000 / len(payloads)
        return [replace(result, latency_ms=latency_ms) for result in results]

    async def _asked(self, payloads: Sequence[Payload], headers: Mapping[str, str]) -> list[PredictionResult]:
        async with self._client() as client:
            call = HttpCall(
                client=client,
                url=self._config.url,
                names=self._names,
                headers=headers,
                timeout_s=self._config.timeout_s,
                max_response_bytes=self._config.max_response_bytes,
                private_hosts=self._private_hosts,
                deadline=time.monotonic() + self._config.batch_s,
            )
            results = await call.answers(list(parts_of(payloads, most_items=self._config.max_items)))
        if call.is_alive:
            self._breaker.note_success(self._key)
        else:
            self._breaker.note_failure(self._key, results[0])
        return results

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "AIOS-Review"}
        if self._config.sealed_token:
            headers["Authorization"] = f"Bearer {unseal(self._config.sealed_token.encode()).decode()}"
        return headers


def is_token(text: str) -> bool:
    """Tell whether it can be sent as a bearer token."""
    return _TOKEN.fullmatch(text) is not None


def _is_fit(config: HttpConfig) -> bool:
    return (
        isinstance(config.url, str)
        and isinstance(config.sealed_token, str)
        and _is_within(config.timeout_s, 0.1, MOST_TIMEOUT_S)
        and _is_within(config.max_response_bytes, LEAST_RESPONSE_BYTES, MOST_RESPONSE_BYTES, whole=True)
        and _is_within(config.max_items, 1, MOST_ITEMS, whole=True)
    )


def _is_within(value: object, least: float, most: float, *, whole: bool = False) -> bool:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return False
    return least <= value <= most
