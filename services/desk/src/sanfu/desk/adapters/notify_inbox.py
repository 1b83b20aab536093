"""`ports.Inbox`: notify's API, by the key of its delivery log."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from sanfu.contracts.envelope import instant, moment
from sanfu.desk.ports import InboxAway, Letter
from sanfu.runtime.paging import Page

WITHIN: Final = 1.0
"""Seconds for an answer, waiting for a connection among them: a person waits for the page."""
AT_ONCE: Final = 20
"""Connections: a slow notify holds back no more than these."""


@dataclass(slots=True)
class NotifyInbox:
    """`run` holds the connections while the service runs."""

    url: str
    key: str
    transport: httpx.AsyncBaseTransport | None = None
    within: float = WITHIN
    _client: httpx.AsyncClient | None = field(default=None, repr=False)

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            if self._client is not None:
                await self._client.aclose()

    async def page(self, box: str, page: Page, *, unread: bool) -> tuple[Sequence[Letter], str | None]:
        asked: dict[str, Any] = {"of": box, "unread": unread, "limit": page.limit}
        if page.after is not None:
            asked["cursor"] = str(page.after)
        told = _known(await self._asked("GET", "/inbox", asked))
        try:
            return [_letter(one) for one in told["items"]], told["next"]
        except (KeyError, TypeError, ValueError) as error:
            raise InboxAway(f"not understood: {type(error).__name__}") from error

    async def unread(self, boxes: Sequence[str]) -> tuple[int, bool]:
        told = _known(await self._asked("GET", "/inbox/unread", {"of": list(boxes)}))
        try:
            return int(told["unread"]), bool(told["more"])
        except (KeyError, TypeError, ValueError) as error:
            raise InboxAway(f"not understood: {type(error).__name__}") from error

    async def one(self, box: str, id: str) -> Letter | None:
        answer = await self._asked("GET", f"/inbox/{quote(id, safe='')}", {"of": box})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        try:
            return _letter(_known(answer))
        except (KeyError, TypeError, ValueError) as error:
            raise InboxAway(f"not understood: {type(error).__name__}") from error

    async def read(self, box: str, id: str) -> bool:
        answer = await self._asked("POST", f"/inbox/{quote(id, safe='')}/read", {"of": box})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        _fine(answer)
        return True

    async def read_all(self, box: str, until: datetime) -> None:
        _fine(await self._asked("POST", "/inbox/read", {"of": box, "until": instant(until)}))

    async def _asked(self, method: str, path: str, asked: Mapping[str, Any]) -> httpx.Response:
        """Raises InboxAway."""
        if self._client is None:
            limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
            self._client = httpx.AsyncClient(
                base_url=f"{self.url.rstrip('/')}/v1", headers={"Authorization": f"Bearer {self.key}"},
                timeout=self.within, limits=limits, transport=self.transport, trust_env=False,
            )  # fmt: skip
        try:
            async with asyncio.timeout(self.within):
                return await self._client.request(method, path, params=asked)
        except (httpx.HTTPError, TimeoutError) as error:
            raise InboxAway(type(error).__name__) from error


def _fine(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise InboxAway(f"http_{answer.status_code}")


def _known(answer: httpx.Response) -> dict[str, Any]:
    _fine(answer)
    try:
        told = answer.json()
    except ValueError as error:
        raise InboxAway("not understood: no JSON") from error
    if not isinstance(told, dict):
        raise InboxAway("not understood: no object")
    return told


def _letter(told: Mapping[str, Any]) -> Letter:
    """Raises KeyError, TypeError, ValueError."""
    return Letter(
        str(told["id"]), moment(told["at"]), told["subject"], str(told["text"]), told["read"] is not None, told["about"]
    )
