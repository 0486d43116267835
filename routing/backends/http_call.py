"""One batch's conversation with a model over HTTP: its requests, several at once, all before one deadline."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from governance.outgoing import ForbiddenAddressError, OutgoingClient, OutgoingError, OutgoingRequest, Reason
from routing.backends.http_messages import UnreadableAnswer, plain, read_answer, request_body
from routing.domain.predictions import Failure, PredictionResult, failed

_AT_ONCE = 4
_TIMED_OUT = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT})
# The model is there and refuses what it was sent.
_REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY})
# Answers that one input may be the cause of.
_PERHAPS_ONE = _REFUSALS | {HTTPStatus.INTERNAL_SERVER_ERROR}


@dataclass
class PartFailed(Exception):  # noqa: N818 - turned into results at once
    """A request brought nothing that can be used; `status` is None where no answer came."""

    result: PredictionResult
    status: int | None = None


@dataclass(slots=True)
class HttpCall:
    """Where to ask, and what was learnt on the way: as long as nothing came back, four failures are enough for the batch."""

    client: OutgoingClient
    url: str
    names: tuple[str, str]
    headers: Mapping[str, str]
    timeout_s: float
    max_response_bytes: int
    private_hosts: frozenset[tuple[str, int]]
    deadline: float
    is_alive: bool = False
    failures: list[PartFailed] = field(default_factory=list)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def answers(self, parts: Sequence[list[bytes]]) -> list[PredictionResult]:
        """Return one result per input of all parts, in order."""
        answered = await asyncio.gather(*(self._part(part) for part in parts))
        return [result for results in answered for result in results]

    async def _part(self, part: list[bytes]) -> list[PredictionResult]:
        async with self._places:
            answered = await self._tried(part)
            return await self._search(part, answered) if isinstance(answered, PartFailed) else answered

    async def _search(self, part: list[bytes], failure: PartFailed) -> list[PredictionResult]:
        """Look for the input that the whole part failed for, by halves, as long as one of two halves is answered."""
        if len(part) == 1 or failure.status not in _PERHAPS_ONE:
            return [failure.result] * len(part)
        middle = len(part) // 2
        halves = [part[:middle], part[middle:]]
        tried = [await self._tried(half) for half in halves]
        is_hopeless = all(isinstance(one, PartFailed) for one in tried)
        results: list[PredictionResult] = []
        for half, one in zip(halves, tried, strict=True):
            if not isinstance(one, PartFailed):
                results += one
            elif is_hopeless:
                results += [one.result] * len(half)
            else:
                results += await self._search(half, one)
        return results

    async def _tried(self, part: list[bytes]) -> list[PredictionResult] | PartFailed:
        if len(self.failures) >= _AT_ONCE and not self.is_alive:
            return self.failures[-1]
        try:
            results = await self._asked(part)
        except PartFailed as failure:
            self.is_alive = self.is_alive or failure.status in _REFUSALS
            self.failures.append(failure)
            return failure
        self.is_alive = True
        return results

    async def _asked(self, part: list[bytes]) -> list[PredictionResult]:
        left = min(self.timeout_s, self.deadline - time.monotonic())
        if left <= 0:
            raise PartFailed(failed(Failure.TIMEOUT, "The batch took too long; this part was not sent."))
        request = OutgoingRequest(
            method="POST",
            url=self.url,
            headers=self.headers,
            body=request_body(*self.names, part),
            timeout_s=left,
            max_response_bytes=self.max_response_bytes,
            private_hosts=self.private_hosts,
        )
        try:
            answer = await self.client.send(request)
        except ForbiddenAddressError as error:
            raise PartFailed(failed(Failure.MODEL_ERROR, str(error))) from None
        except OutgoingError as error:
            failure = Failure.TIMEOUT if error.reason is Reason.TIMEOUT else Failure.MODEL_ERROR
            raise PartFailed(failed(failure, f"{error.reason}: {plain(error.detail)}")) from None
        if answer.status != HTTPStatus.OK:
            failure = Failure.TIMEOUT if answer.status in _TIMED_OUT else Failure.MODEL_ERROR
            raise PartFailed(failed(failure, _refusal(answer.status, answer.body)), answer.status)
        if answer.is_truncated:
            detail = f"The answer has more than {self.max_response_bytes} bytes."
            raise PartFailed(failed(Failure.BAD_OUTPUT, detail), answer.status)
        try:
            return read_answer(answer.body, len(part))
        except UnreadableAnswer as error:
            raise PartFailed(failed(error.failure, error.detail), answer.status) from None


def _refusal(status: int, body: bytes) -> str:
    begun = plain(body[:120].decode(errors="replace")).strip()
    where = " Redirects are not followed." if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST else ""
    return f"The model answered {status}.{where} {begun}".strip()
