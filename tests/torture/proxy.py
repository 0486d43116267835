"""`python -m tests.torture.proxy FOLDER`: bad lines between clients and web: slow ones, and ones that are cut in the middle."""

import asyncio
import random
import sys
from contextlib import suppress
from pathlib import Path

from tests.torture.journal import Journal
from tests.torture.plan import Plan

_CLEAR, _SLOW, _CUT_ANSWER, _CUT_REQUEST = "clear", "slow", "cut_answer", "cut_request"
_CHUNK = 16 << 10


class Line:
    """One connection: what is wrong with it is drawn when it is made."""

    def __init__(self, chance: random.Random, journal: Journal) -> None:
        self._journal = journal
        self._fault = chance.choices([_CLEAR, _SLOW, _CUT_ANSWER, _CUT_REQUEST], [6, 2, 2, 1])[0]
        # A kept-alive connection carries many calls; the cut comes in the middle of one of the first.
        self._left = chance.choice([0, chance.randrange(1, 400), chance.randrange(400, 20_000)])
        self._pause_s = chance.uniform(0.02, 0.4)
        if self._fault == _SLOW:
            journal.write(event="slow_line")

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        """Pass bytes both ways until one end, or the fault, ends it."""
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.transport.abort()
            return
        ways = [
            asyncio.ensure_future(self._pass(reader, back, cuts=self._fault == _CUT_REQUEST)),
            asyncio.ensure_future(self._pass(there, writer, cuts=self._fault == _CUT_ANSWER)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in (writer, back):
                end.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, cuts: bool) -> None:
        with suppress(OSError):
            while data := await source.read(_CHUNK):
                if self._fault == _SLOW:
                    await asyncio.sleep(self._pause_s)
                if cuts:
                    self._left -= len(data)
                    if self._left < 0:
                        self._journal.write(event=self._fault)
                        target.write(data[: self._left])
                        await target.drain()
                        return
                target.write(data)
                await target.drain()


async def _serve(plan: Plan) -> None:
    chance = random.Random(plan.seed ^ 0xB0B)
    journal = Journal(plan.folder / "proxy.jsonl")

    async def listen(port: int, web: int) -> asyncio.Server:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await Line(chance, journal).carry(reader, writer, web)

        return await asyncio.start_server(accept, "127.0.0.1", port)

    servers = [await listen(port, web) for port, web in zip(plan.ports.proxy, plan.ports.web, strict=True)]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(_serve(Plan.load(Path(sys.argv[1]))))
