"""What is kept here instead of being sent: `GET /v1/inbox`, for a city's own app, and `GET /v1/rehearsal`."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from sanfu.contracts.envelope import instant
from sanfu.notify.domain.story import SECRET
from sanfu.notify.handlers.letters import REHEARSAL, opened
from sanfu.notify.ports import Document, Letter, Letters
from sanfu.runtime.http import Guard, PageAsked, own_router
from sanfu.runtime.paging import Cursor, Page
from sanfu.runtime.rules import Refusal
from sanfu.runtime.sealing import Sealer

_TOKEN = re.compile(r"(/my/)[0-9A-Za-z.\-_]+")
"""A party's link proves that its bearer is the party."""
UNKNOWN = "confidential"
"""How secret that is of which nothing is known now, as while a store is put back."""
Inside = dict[str, str | None]
Box = Annotated[str, Query(pattern=r"^(user|unit):[A-Za-z0-9_.@-]{1,80}$", description="whose: user:CODE, unit:CODE")]


class LetterShown(BaseModel):
    """One message."""

    id: str = Field(description="Id of its delivery")
    at: str
    medium: str
    to: str | None = Field(description="In a rehearsal: the end of the address; in an inbox: whose it is")
    subject: str | None
    text: str
    read: str | None


class LettersShown(BaseModel):
    items: list[LetterShown]
    next: str | None


Read = Callable[[Sequence[str], Sequence[str]], Awaitable[dict[str, Document]]]


def routes(letters: Letters, sealer: Sealer, now: Callable[[], datetime], stories: Read, guard: Guard) -> APIRouter:
    """Make the routes; `guard` lets through who may read the log: a city's own app, which knows who asks it. What is
    shown goes by how secret an issue or affair is now, whatever it was when the letter was written."""
    router = own_router("/v1", tags=["inbox"], dependencies=[Depends(guard)])

    async def shown(box: str, unread: bool, page: Page) -> LettersShown:
        found = await letters.page(box, unread, page)
        answer: dict[str, Any] = page.of(found, lambda one: Cursor(int(one.at.timestamp() * 1000), one.id))
        inside = [(one, opened(sealer, one)) for one in answer["items"]]
        abouts = sorted({about for _, said in inside if (about := said.get("about"))})
        known = await stories(abouts, abouts)  # a letter does not say which of both it is about
        secrecy = {id: known[id].get("facts", {}).get("secrecy") if id in known else UNKNOWN for id in abouts}
        fit = [(one, _told(said, secrecy.get(said.get("about") or ""))) for one, said in inside]
        return LettersShown(items=[_shown(one, said) for one, said in fit if said is not None], next=answer["next"])

    @router.get("/inbox")
    async def inbox(of: Box, page: PageAsked, unread: bool = False) -> LettersShown:
        """List what is in somebody's inbox, newest first."""
        return await shown(of, unread, page)

    @router.post("/inbox/{id}/read", status_code=204)
    async def read(id: str, of: Box) -> None:
        """Note that it was read; the first time counts."""
        if not await letters.mark(of, id, now()):
            raise Refusal(404, "no-such-letter", "There is no message with this id in this inbox.")

    @router.get("/rehearsal")
    async def rehearsal(page: PageAsked) -> LettersShown:
        """List what would have been sent, newest first: addresses and links cut short."""
        return await shown(REHEARSAL, False, page)

    return router


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
    )  # fmt: skip
