"""`python -m bench.sinks HTTP SMTP SECONDS`: a gateway that takes so long for each answer, and a mail sink.

`GET /` says when each recipient's first message came in (seconds since 1970), `GET /count` how many recipients and
how many messages those are.
"""

import asyncio
import sys
import time
from typing import Any

import orjson
from aiosmtpd.smtp import SMTP, Envelope, Session

from sanfu.runtime import loop

came: dict[str, float] = {}
messages = 0


def take(to: str) -> None:
    global messages  # noqa: PLW0603 (a program of one page)
    messages += 1
    came.setdefault(to, time.time())


class Gateway(asyncio.Protocol):
    """As much of HTTP as a client that keeps its connections needs: what answers must not be what is measured."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._buffer = seconds, b""

    def connection_made(self, transport: Any) -> None:  # uvloop's is no asyncio.Transport
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            length = int(fields.get(b"content-length", b"0"))
            if len(rest) < length:
                return
            body, self._buffer = rest[:length], rest[length:]
            if head.startswith(b"GET /count"):
                self._answer(orjson.dumps({"recipients": len(came), "messages": messages}))
            elif head.startswith(b"GET"):
                self._answer(orjson.dumps(came))
            else:
                take(orjson.loads(body)["to"])
                asyncio.get_running_loop().call_later(self._seconds, self._answer, b'{"id":"1"}')

    def _answer(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


class Mails:
    """What aiosmtpd calls."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        take(envelope.rcpt_tos[0])
        return "250 kept"


async def main(http: int, smtp: int, seconds: float) -> None:
    events = asyncio.get_running_loop()
    gateway = await events.create_server(lambda: Gateway(seconds), "127.0.0.1", http)
    mails = await events.create_server(lambda: SMTP(Mails(), loop=events), "127.0.0.1", smtp)
    async with gateway, mails:
        await asyncio.Event().wait()


if __name__ == "__main__":
    loop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
