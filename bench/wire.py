"""A client that costs as little as it can: one connection, one request at a time, answers of known length."""

import asyncio
import time
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import orjson


class Wire:
    """One kept connection to a service, in somebody's name: a request may come in another's, as through a proxy."""

    def __init__(self, url: str, token: str) -> None:
        place = urlsplit(url)
        self._host, self._port = place.hostname or "", place.port or 80
        self._place, self._token = place.netloc, token

    async def __aenter__(self) -> "Wire":
        self._in, self._out = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._out.close()

    async def get(self, path: str) -> tuple[Any, float]:
        """Return what came, and the milliseconds until it was there."""
        return await self._ask(f"{self._head('GET', path)}\r\n".encode())

    async def post(self, path: str, key: str, token: str | None = None) -> tuple[Any, float]:
        """Send `{}`."""
        head = f"{self._head('POST', path, token)}Idempotency-Key: {key}\r\n"
        return await self._ask(f"{head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}".encode())

    async def listen(self, path: str) -> AsyncIterator[Any]:
        """Follow a stream of server-sent events; give the data of each."""
        self._out.write(f"{self._head('GET', path)}\r\n".encode())
        head = await self._in.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{path} was answered {head!r}")
        return self._told()

    def _head(self, method: str, path: str, token: str | None = None) -> str:
        return f"{method} {path} HTTP/1.1\r\nHost: {self._place}\r\nAuthorization: Bearer {token or self._token}\r\n"

    async def _told(self) -> AsyncIterator[Any]:
        while line := await self._in.readline():
            if line.startswith(b"data: "):
                yield orjson.loads(line[6:])

    async def _ask(self, request: bytes) -> tuple[Any, float]:
        if self._in.at_eof() or self._in.exception():  # the service closes what is idle for five seconds
            await self.__aenter__()
        began = time.perf_counter()
        self._out.write(request)
        head = await self._in.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await self._in.readexactly(length)
        took = (time.perf_counter() - began) * 1000
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            raise RuntimeError(f"{request[:200]!r} was answered {head[:60]!r} {body[:400]!r}")
        return orjson.loads(body), took
