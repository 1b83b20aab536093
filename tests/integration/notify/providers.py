"""A scripted SMS gateway and a mail sink, both listening for real."""

import asyncio
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tests.support.eventually import eventually


@dataclass
class Gateway:
    """Takes messages, and answers as scripted: a status, `retry-after` beside it, `slow` (after half a second), or
    `silent` (takes it and says nothing); any answer after so many seconds of `latency`. `at`: when each was asked, by
    its own clock."""

    latency: float = 0.0
    at: list[float] = field(default_factory=list)
    script: deque[tuple[int, dict[str, str]] | str] = field(default_factory=deque)
    got: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    url: str = ""

    @property
    def asked(self) -> int:
        return len(self.at)

    async def take(self, request: Request) -> Response:
        self.at.append(time.monotonic())
        self.keys.add(request.headers.get("x-key"))
        message = await request.json()
        answer = self.script.popleft() if self.script else (200, {})
        if isinstance(answer, str):
            self.got.append(message)
            await asyncio.sleep(3600 if answer == "silent" else 0.5)
            answer = (200, {})
            self.got.pop()
        status, headers = answer
        if status < 300:
            self.got.append(message)
        await asyncio.sleep(self.latency)
        return JSONResponse({"data": "x", "msgid": len(self.got)}, status, headers)


@dataclass
class Asked:
    """A request as it came in."""

    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    path: str


@dataclass
class Peer:
    """Any HTTP peer: answers as scripted (status, content, headers if any), then with the last answer for ever, and
    keeps what it was asked."""

    script: deque[tuple[Any, ...]]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    async def take(self, request: Request) -> Response:
        body = await request.body()
        self.asked.append(Asked(dict(request.query_params), dict(request.headers), body, request.url.path))
        status, content, *headers = self.script.popleft() if len(self.script) > 1 else self.script[0]
        return (Response if isinstance(content, str) else JSONResponse)(content, status, *headers)


@asynccontextmanager
async def peer(*script: tuple[Any, ...]) -> AsyncIterator[Peer]:
    it, app = Peer(deque(script)), FastAPI()
    app.post("/{path:path}", response_model=None)(it.take)
    async with served(app) as it.url:
        yield it


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    it, app = Gateway(), FastAPI()
    app.post("/send", response_model=None)(it.take)
    async with served(app) as url:
        it.url = f"{url}/send"
        yield it


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve an app on loopback; give its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    main = asyncio.ensure_future(server.main_loop())
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await main
        await server.shutdown()


@dataclass
class Mailbox:
    """Takes mail. `refuse` holds recipients it does not know; `greylist` counts tries it puts off, `put_off` holds
    recipients of whom it puts off one."""

    got: list[EmailMessage] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)
    greylist: int = 0
    put_off: set[str] = field(default_factory=set)
    connections: int = 0
    hang: bool = False
    port: int = 0

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]) -> str:
        if to in self.refuse:
            return f"550 {to} is unknown here"
        if self.greylist > 0:
            self.greylist -= 1
            return "451 try again later"
        if to in self.put_off:
            self.put_off.remove(to)
            return "451 try again later"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.got.append(message_from_bytes(content, _class=EmailMessage, policy=default))
        if self.hang:
            await asyncio.sleep(3600)
        return "250 kept"


@asynccontextmanager
async def mailbox(tls: ssl.SSLContext | None = None) -> AsyncIterator[Mailbox]:
    """Run one; with `tls` it takes mail after STARTTLS only."""
    it, loop = Mailbox(), asyncio.get_running_loop()
    open_ones: list[SMTP] = []

    def answer() -> SMTP:
        it.connections += 1
        open_ones.append(SMTP(it, loop=loop, tls_context=tls, require_starttls=tls is not None))
        return open_ones[-1]

    server = await loop.create_server(answer, "127.0.0.1", 0)
    it.port = server.sockets[0].getsockname()[1]
    try:
        yield it
    finally:
        server.close()
        for one in open_ones:
            if one.transport is not None:
                one.transport.close()
        await eventually(lambda: all(one.transport is None or one.transport.is_closing() for one in open_ones))
