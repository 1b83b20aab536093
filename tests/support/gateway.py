"""An SMS gateway that does wrong on purpose: over plain sockets, for no server's library would.

What it does with a message is scripted by the number it goes to; it keeps what a phone got, and says receipts again and
again until they are taken, as real ones do.
"""

import asyncio
import socket
import struct
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
import orjson

State = Literal["delivered", "failed", "dead"]
PAUSE = 0.1
"""Seconds before a receipt that was not taken is said again."""


@dataclass(frozen=True, slots=True)
class Act:
    """What becomes of one message. `takes`: the phone gets it, whatever the caller is answered; `late`: not before the
    caller has given up. `answer` is what goes over the wire, and nothing goes without one; then the connection ends,
    by a reset if it `resets`. Receipts are said `before` the answer or `after` it, each list in one request each."""

    takes: bool
    answer: bytes | None = None
    before: tuple[tuple[State, ...], ...] = ()
    after: tuple[tuple[State, ...], ...] = ()
    late: bool = False
    resets: bool = False


def http(status: str, body: bytes = b"{}", *heads: str, short_of: int = 0) -> bytes:
    """Write an answer; `short_of` bytes of what it promises never come. NUMBER becomes the gateway's own id."""
    length = f"content-length: {len(body) + short_of}"
    return "\r\n".join([f"HTTP/1.1 {status}", *heads, "connection: close", length, "", ""]).encode() + body


OK = http("200 OK", b'{"id": "NUMBER"}')
WELL = Act(True, OK)
SILENT, DEAF = Act(True), Act(False)
LATE = Act(True, late=True, after=(("delivered",),))
PACED = Act(False, http("429 Too Many Requests", b"{}", "retry-after: 1"))
BROKEN = Act(False, http("503 Service Unavailable", b"<html>"))
AT_FAULT = Act(True, http("500 Internal Server Error", b"<html>"))
"""It hands it on, and then fails to write that down."""
ELSEWHERE = Act(False, http("302 Found", b"", "location: /elsewhere"))
GARBAGE = Act(True, http("200 OK", b'\xff\x00{"id": [[['))
HALF = Act(True, http("200 OK", b'{"id', short_of=8))
RESET, CUT = Act(True, b"", resets=True), Act(False, b"")
EARLY = Act(True, OK, before=(("delivered",),))
TWICE = Act(True, OK, after=(("delivered", "delivered"), ("delivered",)))
TURNED = Act(True, OK, after=(("delivered",), ("failed",)))
CORRECTED = Act(True, OK, before=(("failed",),), after=(("delivered",),))
UNDELIVERED = Act(True, OK, after=(("failed",),))
NOBODY = Act(True, OK, after=(("dead",),))
# In an order in which a breaker is not tripped by all those that answer wrongly at once.
ALL = {
    "well": WELL, "broken": BROKEN, "garbage": GARBAGE, "half": HALF, "early": EARLY, "elsewhere": ELSEWHERE,
    "at_fault": AT_FAULT, "twice": TWICE, "reset": RESET, "turned": TURNED, "cut": CUT, "corrected": CORRECTED,
    "silent": SILENT, "undelivered": UNDELIVERED, "deaf": DEAF, "nobody": NOBODY, "late": LATE, "paced": PACED,
}  # fmt: skip


@dataclass
class Faulty:
    """`asked` are the messages that came in, `got` those that phones got. What no script is left for goes well."""

    url: str = ""
    hook: str = ""
    scripts: dict[str, deque[Act]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    """When each message came in: seconds of a clock that only rises."""
    got: list[dict[str, str]] = field(default_factory=list)
    strayed: int = 0
    """Requests to anywhere else: a redirection that was followed."""
    said: list[list[dict[str, Any]]] = field(default_factory=list)
    _saying: "set[asyncio.Task[None]]" = field(default_factory=set)

    def script(self, to: str, *acts: Act) -> None:
        self.scripts[to] = deque(acts)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._served(reader, writer)
        writer.close()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].split("\r\n")[0] or 0)
        message: dict[str, str] = orjson.loads(await reader.readexactly(length) or b"{}")
        if not head.startswith("post /send "):
            self.strayed += 1
            return
        self.asked.append(message)
        self.asked_at.append(time.monotonic())
        script = self.scripts.get(message["to"])
        act = script.popleft() if script else WELL
        if act.takes and not act.late:
            self.got.append(message)
        for states in act.before:
            await self._say(message["id"], states)
        if act.answer is None:
            with suppress(ConnectionError):
                await reader.read()  # until the caller gives up
        if act.late:
            self.got.append(message)
        await self._answer(writer, act)
        if act.after:
            self._keep_saying(message["id"], act.after)

    async def _answer(self, writer: asyncio.StreamWriter, act: Act) -> None:
        if act.resets:
            on = struct.pack("ii", 1, 0)  # linger for no time: the connection is reset
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, on)
        elif act.answer:
            writer.write(act.answer.replace(b"NUMBER", f"{len(self.got):06}".encode()))
            await writer.drain()

    # ── receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _keep_saying(self, id: str, all_states: Iterable[tuple[State, ...]]) -> None:
        async def say() -> None:
            for states in all_states:
                await self._say(id, states)

        task = asyncio.ensure_future(say())
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def _say(self, id: str, states: tuple[State, ...]) -> None:
        receipts = [_receipt(id, state) for state in states]
        self.said.append(receipts)
        await self.say(receipts)

    async def say(self, receipts: list[dict[str, Any]]) -> None:
        """Say receipts until they are taken."""
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            while True:
                with suppress(httpx.TransportError):
                    if (await client.post(self.hook, json=receipts)).is_success:
                        return
                await asyncio.sleep(PAUSE)

    async def heard(self) -> None:
        """Wait until all that it has to say was taken."""
        while self._saying:
            await asyncio.gather(*self._saying)

    async def hush(self) -> None:
        for task in self._saying:
            task.cancel()
        await asyncio.gather(*self._saying, return_exceptions=True)


def _receipt(id: str, state: State) -> dict[str, Any]:
    if state == "delivered":
        return {"id": id, "state": state}
    return {"id": id, "state": "failed", "code": "UNDELIV", "dead": state == "dead"}


@asynccontextmanager
async def faulty() -> AsyncIterator[Faulty]:
    """Run one on loopback for a block."""
    it = Faulty()
    server = await asyncio.start_server(it.serve, "127.0.0.1", 0)
    it.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/send"
    try:
        yield it
    finally:
        server.close()
        await it.hush()
