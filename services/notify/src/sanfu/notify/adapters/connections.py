"""Connections to providers over HTTP, each with a transport of httpx of its own."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx

KEPT = 2.0
"""Seconds for which an idle connection is kept. Many servers close one after five: what is sent just then may have been
taken, as far as we know, and of a message that must not come twice nobody would ever know."""
ALONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEPT)
HEADERS = {"accept": "*/*", "user-agent": "sanfu-notify"}
Place = tuple[str, bytes]
"""Scheme, host and port."""


class Connections:
    """Keeps up to `width` connections and follows no redirect. Each of a call's steps has less than the whole: one that
    fails to connect is to be told from one that gets no answer.

    A transport has one connection, for a pool looks through all of its connections before and after every request; and
    there is no client before it, whose cookies, redirections and hooks nobody uses. Both were half of a call's work. As
    a client does, it takes a proxy from the environment, and a name and password from the address.
    """

    def __init__(self, width: int, seconds: float) -> None:
        self._patience = seconds * 0.4
        self._steps = httpx.Timeout(seconds * 0.5, connect=self._patience, pool=self._patience).as_dict()
        self._trust = httpx.create_ssl_context()
        self._proxies = getproxies()
        self._width, self._places = width, asyncio.Semaphore(width)
        self._idle: list[tuple[Place, httpx.AsyncHTTPTransport]] = []

    async def post(self, address: str, *, headers: Mapping[str, str] | None = None, **content: Any) -> httpx.Response:
        """POST and read the answer. Raises httpx.HTTPError."""
        url, whole = httpx.URL(address), httpx.Headers(HEADERS)
        whole.update(headers)
        request = httpx.Request("POST", url, headers=whole, extensions={"timeout": self._steps}, **content)
        if url.userinfo:
            next(httpx.BasicAuth(url.username, url.password).auth_flow(request))
        await self._entered()
        try:
            return await self._sent(request)
        finally:
            self._places.release()

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop()[1].aclose()

    async def _entered(self) -> None:
        try:
            async with asyncio.timeout(self._patience if self._places.locked() else None):
                await self._places.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("all connections are in use") from None

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        place = (request.url.scheme, request.url.netloc)
        transport = self._taken(place) or self._made(request.url)
        try:
            answer = await transport.handle_async_request(request)
            answer.request = request
            try:
                await answer.aread()
            finally:
                await answer.aclose()
        finally:
            self._idle.append((place, transport))
            if len(self._idle) > self._width:  # to many places
                await self._idle.pop(0)[1].aclose()
        return answer

    def _taken(self, place: Place) -> httpx.AsyncHTTPTransport | None:
        """Take of those to this place the one that was used last."""
        for at in range(len(self._idle) - 1, -1, -1):
            if self._idle[at][0] == place:
                return self._idle.pop(at)[1]
        return None

    def _made(self, url: httpx.URL) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(verify=self._trust, limits=ALONE, proxy=self._proxy(url))

    def _proxy(self, url: httpx.URL) -> str | None:
        found = self._proxies.get(url.scheme) or self._proxies.get("all")
        if found is None or proxy_bypass(url.host):
            return None
        return found if "://" in found else f"http://{found}"
