"""What is kept here instead of being sent: `GET /v1/inbox`, for desk and a city's own app, and `GET /v1/rehearsal`."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field, StringConstraints

from sanfu.contracts.envelope import instant, moment
from sanfu.notify.domain.story import SECRET
from sanfu.notify.handlers.letters import REHEARSAL, opened
from sanfu.notify.ports import Document, Letter, Letters
from sanfu.runtime.http import Guard, PageAsked, own_router
from sanfu.runtime.paging import Cursor, Page
from sanfu.runtime.rules import Refusal
from sanfu.runtime.sealing import Sealer
from sanfu.runtime.texts import Instant

_TOKEN = re.compile(r"(/(?:my|messages)/)[0-9A-Za-z.\-_%:~]+")
"""A party's link proves that its bearer is the party; that of preferences, that its bearer got the mail."""
UNKNOWN = "confidential"
"""How secret that is of which nothing is known now, as while a store is put back."""
Inside = dict[str, str | None]
_BOX = r"^(user|unit):[A-Za-z0-9_.@-]{1,80}$"
Box = Annotated[str, Query(pattern=_BOX, description="whose: user:CODE, unit:CODE")]
COUNTED = 99
"""Letters of a box that are counted: beyond that a number tells nobody anything."""
MOST_BOXES = 20
"""Boxes of one question: a person's own, and those of the units that it works for."""


class LetterShown(BaseModel):
    """One message."""

    id: str = Field(description="Id of its delivery")
    at: str
    medium: str
    to: str | None = Field(description="In a rehearsal: the end of the address; in an inbox: whose it is")
    subject: str | None
    text: str
    read: str | None
    about: str | None = Field(description="Id of the issue or affair that it tells of; null: of several")


class LettersShown(BaseModel):
    items: list[LetterShown]
    next: str | None


class Unread(BaseModel):
    unread: int = Field(description=f"How many have not been read; of more than {COUNTED} in a box that many")
    more: bool = Field(description="Whether there are more than that")


class Marked(BaseModel):
    read: int = Field(description="How many were unread")


Boxes = Annotated[
    list[Annotated[str, StringConstraints(pattern=_BOX)]],
    Query(min_length=1, max_length=MOST_BOXES, description="whose: user:CODE, unit:CODE"),
]
LetterId = Annotated[str, Path(max_length=200)]
Read = Callable[[Sequence[str], Sequence[str]], Awaitable[dict[str, Document]]]


def routes(letters: Letters, sealer: Sealer, now: Callable[[], datetime], stories: Read, guard: Guard) -> APIRouter:
    """Make the routes; `guard` lets through who may read the log: a city's own app, which knows who asks it. What is
    shown goes by how secret an issue or affair is now, whatever it was when the letter was written."""
    router = own_router("/v1", tags=["inbox"], dependencies=[Depends(guard)])

    async def told(found: Sequence[Letter]) -> list[LetterShown]:
        inside = [(one, opened(sealer, one)) for one in found]
        abouts = sorted({about for _, said in inside if (about := said.get("about"))})
        known = await stories(abouts, abouts)  # a letter does not say which of both it is about
        secrecy = {id: known[id].get("facts", {}).get("secrecy") if id in known else UNKNOWN for id in abouts}
        fit = [(one, _told(said, secrecy.get(said.get("about") or ""))) for one, said in inside]
        return [_shown(one, said) for one, said in fit if said is not None]

    async def shown(box: str, unread: bool, page: Page) -> LettersShown:
        found = await letters.page(box, unread, page)
        answer: dict[str, Any] = page.of(found, lambda one: Cursor(int(one.at.timestamp() * 1000), one.id))
        return LettersShown(items=await told(answer["items"]), next=answer["next"])

    @router.get("/inbox")
    async def inbox(of: Box, page: PageAsked, unread: bool = False) -> LettersShown:
        """List what is in somebody's inbox, newest first."""
        return await shown(of, unread, page)

    @router.get("/inbox/unread")
    async def unread(of: Boxes) -> Unread:
        """Count what has not been read in these inboxes, of what would be shown."""
        pages = [await letters.page(box, True, Page(COUNTED, None)) for box in dict.fromkeys(of)]
        counts = [len(await told(found[:COUNTED])) for found in pages]
        return Unread(unread=sum(counts), more=any(len(found) > COUNTED for found in pages))

    @router.post("/inbox/read")
    async def read_all(of: Box, until: Annotated[Instant, Query(description="what came later stays unread")]) -> Marked:
        """Note that all of an inbox was read that came until then; the first time counts."""
        return Marked(read=await letters.mark_all(of, moment(until), now()))

    @router.get("/inbox/{id}")
    async def letter(id: LetterId, of: Box) -> LetterShown:
        """Show one message. That changes nothing: it is not read before somebody says so."""
        found = await letters.one(of, id)
        for one in await told([found] if found is not None else []):
            return one
        raise _unknown()

    @router.post("/inbox/{id}/read", status_code=204)
    async def read(id: LetterId, of: Box) -> None:
        """Note that it was read; the first time counts."""
        if not await letters.mark(of, id, now()):
            raise _unknown()

    @router.get("/rehearsal")
    async def rehearsal(page: PageAsked) -> LettersShown:
        """List what would have been sent, newest first: addresses and links cut short."""
        return await shown(REHEARSAL, False, page)

    return router


def _unknown() -> Refusal:
    return Refusal(404, "no-such-letter", "There is no message with this id in this inbox.")


def _told(inside: Inside, secrecy: str | None) -> Inside | None:
    """What is told of a letter; None: nothing. A sealed issue is the discipline liaison's alone."""
    if secrecy == "sealed":
        return None
    return {**inside, "text": inside.get("neutral")} if secrecy in SECRET else inside


def _shown(one: Letter, inside: Inside) -> LetterShown:
    hidden = one.box == REHEARSAL
    to, text = inside["to"] or "", inside["text"] or ""
    return LetterShown(
        id=one.id, at=instant(one.at), medium=one.medium, to=f"…{to[-3:]}" if hidden else to, subject=inside["subject"],
        text=_TOKEN.sub(r"\1…", text) if hidden else text, read=None if one.read is None else instant(one.read),
        about=inside.get("about"),
    )  # fmt: skip
