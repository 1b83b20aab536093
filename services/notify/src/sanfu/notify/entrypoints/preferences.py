"""The page on which somebody says by what they would rather not be told: by a signed link, nothing else is asked.

A GET only shows: robots that look at links before people do change nothing. A POST changes; one that a mail program
sends by itself (RFC 8058, `List-Unsubscribe=One-Click`) refuses e-mails. All that goes to a number or mailbox is
refused only by who got the link there (`preference_links`); who is reached there by any issue may have it go on.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from sanfu.notify.domain import preferences
from sanfu.notify.entrypoints.preferences_page import ASKED, EVERYTHING, Shown, written
from sanfu.notify.handlers.opting_out import OptingOut, Reached
from sanfu.notify.ports import Shelf
from sanfu.runtime.forms import read_form
from sanfu.runtime.http import own_router
from sanfu.runtime.links import Link, Links
from sanfu.runtime.pages import guarded, plain_style, same_site
from sanfu.runtime.preference_links import got_by, opens_preferences
from sanfu.runtime.rules import Refusal

LONGEST = 400
"""Characters of a link's token: none of ours is longer."""
ONE_CLICK = "List-Unsubscribe"

Listed = Callable[[str], Awaitable[Sequence[str]]]
"""Whom the messages of a list were for."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """What the page reads and changes. `version` is higher each time it is asked, in milliseconds or so."""

    shelf: Shelf
    opting_out: OptingOut
    links: Links
    now: Callable[[], datetime]
    version: Callable[[], int]
    listed: Listed

    def opened(self, token: str) -> Link:
        """Read a link. Raises Refusal 404."""
        link = self.links.read(token, self.now()) if len(token) <= LONGEST else None
        if link is None or not opens_preferences(link):
            raise Refusal(404, "no-such-link", "This link opens nothing, or no longer.")
        return link

    async def shown(self, link: Link) -> Shown:
        each = (await self._refused(await self._stands_for(link.number))).values()
        off = frozenset.intersection(*each) if each else frozenset()
        there, gone = await self._offered(link)
        ticked = {medium: medium in there for medium in preferences.CONTACT_FIELDS if medium in {*there, *gone}}
        return Shown(preferences.media_of(link.number), off, ticked, preferences.whose(link.number))

    async def take(self, link: Link, said: Mapping[str, str]) -> None:
        """Change what is said by a form, or by a mail program."""
        wanted = {name for name in said if name in preferences.MEDIA}
        whom = await self._stands_for(link.number)
        off = await self._refused(whom) if ONE_CLICK in said else {}
        all = {one: set(preferences.media_of(one)) - off[one] - {"email"} if off else wanted for one in whom}
        await self.shelf.put([preferences.written(one, kept, self.version()) for one, kept in all.items()])
        await self._take_of_all(link, said)

    async def _take_of_all(self, link: Link, said: Mapping[str, str]) -> None:
        """Refuse all that goes to an address, or have it go on; of what the form did not show nothing is changed."""
        there, gone = await self._offered(link)
        asked = {medium for medium in (*there, *gone) if f"{ASKED}{medium}" in said}
        on = {medium for medium in asked if f"{EVERYTHING}{medium}" in said}
        for medium in asked - on - gone.keys():
            await self.opting_out.refuse(medium, there[medium], self.version())
        await self.opting_out.forget([gone[medium] for medium in on & gone.keys()])
        stands = (await self.opting_out.reached(link.number, link.contact)).values()
        await self.opting_out.forget([index for index in there.values() if index not in stands])  # erased meanwhile

    async def _offered(self, link: Link) -> tuple[dict[str, str], dict[str, str]]:
        """The addresses to which all can be refused by this link, and those to which it is."""
        reached: Reached = await self.opting_out.reached(link.number, link.contact)
        refused = await self.opting_out.refused(reached.values())
        gone = {medium: index for medium, index in reached.items() if index in refused}
        return {m: index for m, index in reached.items() if m == got_by(link) and m not in gone}, gone

    async def _stands_for(self, who: str) -> Sequence[str]:
        """One, or of a list each whom something in it was for."""
        digest = preferences.list_of(who)
        return [who] if digest is None else await self.listed(digest)

    async def _refused(self, whom: Sequence[str]) -> dict[str, frozenset[str]]:
        said = await self.shelf.get(whom)
        return {who: preferences.refused(said.get(who)) for who in whom}


def routes(choosing: Choosing) -> APIRouter:
    router = own_router("/messages", tags=["preferences"])

    async def page(request: Request, link: Link, saved: bool) -> HTMLResponse:
        return HTMLResponse(written(_place(request), await choosing.shown(link), saved), headers=dict(guarded()))

    @router.get("/style.css", include_in_schema=False)
    async def style() -> Response:
        return Response(plain_style(), media_type="text/css")

    @router.get("/{token}", response_class=HTMLResponse, include_in_schema=False)
    async def show(token: str, request: Request) -> HTMLResponse:
        """Show by what somebody is told."""
        return await page(request, choosing.opened(token), saved=False)

    @router.post("/{token}", response_class=HTMLResponse, include_in_schema=False)
    async def change(token: str, request: Request) -> HTMLResponse:
        """Change it: the media that are ticked stay. A form of this page, or a mail program's one click."""
        link = choosing.opened(token)
        same_site(request)
        await choosing.take(link, (await read_form(request, _no_file, 0)).fields)
        return await page(request, link, saved=True)

    return router


async def _no_file(_: AsyncIterator[bytes]) -> None:
    """This form has none: with none allowed, nobody comes here."""


def _place(request: Request) -> int:
    """Which of the two languages: `?lang=en`, else what the browser asks for first."""
    asked = request.query_params.get("lang") or request.headers.get("accept-language", "zh")
    return 1 if asked.lower().startswith("en") else 0
