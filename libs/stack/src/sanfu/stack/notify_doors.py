"""Notify as an operator meets it: its providers, its deliveries.

That of a stack of this checkout; or, where SANFU_NOTIFY_URL says so, one that runs elsewhere.
"""

import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from sanfu.stack.doors import Doors, Json
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack

URL, KEY = "SANFU_NOTIFY_URL", "SANFU_NOTIFY_KEY"


class NotifyDoors(Doors):
    """Notify's delivery log and providers, with the operators' token."""

    def __init__(self, stack: Stack) -> None:
        if not elsewhere():
            super().__init__(stack)
            return
        self.urls, self.services = {"notify": os.environ[URL].rstrip("/")}, ("notify",)
        self._client = httpx.AsyncClient(timeout=30)

    def _operator(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {_key()}"} if elsewhere() else super()._operator()

    async def providers(self) -> list[Json]:
        found: list[Json] = (await self._notify("GET", "/v1/providers"))["items"]
        return found

    async def order_provider(self, provider: str, order: str, body: Mapping[str, Any]) -> Json:
        """Rest, resume or try a provider: by its name, or as `medium/name` where two media have one of that name."""
        known = [f"{one['medium']}/{one['provider']}" for one in await self.providers()]
        found = [one for one in known if provider in {one, one.partition("/")[2]}]
        if len(found) != 1:
            why = f"{provider} is {' and '.join(found)}: say which" if found else f"there is no {provider}"
            raise PartError(f"{why}; there are {', '.join(known)}")
        where = "/".join(quote(part, safe="") for part in found[0].split("/", 1))
        return await self._notify("POST", f"/v1/providers/{where}/{order}", json=dict(body))

    async def tallies(self, filters: Mapping[str, str]) -> list[Json]:
        found: list[Json] = (await self._notify("GET", "/v1/deliveries/counts", params=dict(filters)))["items"]
        return found

    def those(self, filters: Mapping[str, str]) -> AsyncIterator[Json]:
        """Give deliveries, newest first."""
        return self._all("notify", "/v1/deliveries", filters, self._operator())

    async def delivery(self, id: str) -> Json:
        return await self._notify("GET", f"/v1/deliveries/{quote(id, safe='')}")

    async def resend(self, id: str, because: str, key: str) -> Json:
        """Tell the same recipient once more; the same key tells it once."""
        headers = {**self._operator(), "Idempotency-Key": key}
        path = f"/v1/deliveries/{quote(id, safe='')}/resend"
        return await self._ask("POST", "notify", path, json={"because": because}, headers=headers)

    async def _notify(self, method: str, path: str, **more: Any) -> Json:
        return await self._ask(method, "notify", path, headers=self._operator(), **more)


def elsewhere() -> bool:
    """Tell whether the environment names a notify that is none of this checkout's stacks."""
    return bool(os.environ.get(URL))


def _key() -> str:
    """Return what opens it. Raises PartError."""
    if key := os.environ.get(KEY):
        return key
    file = os.environ.get(f"{KEY}_FILE")
    if not file:
        raise PartError(
            f"{URL} is set: set {KEY}_FILE, too, to a file that holds its key (secrets/notify-key), or {KEY}"
        )
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise PartError(f"{KEY}_FILE: {file} can't be read: {error.strerror}") from None
