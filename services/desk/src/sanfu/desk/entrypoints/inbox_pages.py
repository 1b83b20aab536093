"""The pages of an inbox: what notify keeps for somebody, newest first; one message with how its issue stands.

They alone ask notify: where it is silent they say so, and no other page waits for it. How many are unread the frame's
script asks for by itself. A GET changes nothing: a message is read once its form was sent.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.board import line
from sanfu.desk.entrypoints.inbox_words import INBOX
from sanfu.desk.entrypoints.list_pages import door, looker
from sanfu.desk.entrypoints.pages import Language, page
from sanfu.desk.entrypoints.sessions import Looker, Sessions
from sanfu.desk.entrypoints.words import unit_name
from sanfu.desk.handlers import Desk
from sanfu.desk.inboxes import Inboxes
from sanfu.desk.ports import Document, InboxAway, Letter
from sanfu.runtime.http import PageAsked, own_router, taken
from sanfu.runtime.pages import form
from sanfu.runtime.rules import Refusal

log = structlog.get_logger()

Box = Annotated[str | None, Query(max_length=90, description="whose: user:CODE, unit:CODE; absent: one's own")]
LetterId = Annotated[str, Path(max_length=200)]
AWAY = 503


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an inbox is to be seen. `done`: all was just marked as read."""

    box: Box = None
    unread: Annotated[bool, Query()] = False
    done: Annotated[bool, Query()] = False


def routes(desk: Desk, inboxes: Inboxes | None, sessions: Sessions) -> APIRouter:
    """Return the pages' routes; `inboxes` None: this deployment has none, and its page says so."""
    router = own_router(tags=["pages"])
    if inboxes is None:
        _not_set_up(router, desk, sessions)
    else:
        _looking(router, inboxes, sessions)
        _reading(router, inboxes, sessions)
    return router


def _not_set_up(router: APIRouter, desk: Desk, sessions: Sessions) -> None:
    @router.get("/inbox", response_class=HTMLResponse)
    async def nothing(request: Request, language: Language = "zh") -> Response:
        """A page that says that there is no inbox here."""
        if await looker(sessions, request) is None:
            return door(language)
        return _page("letter_unknown.html", desk, language, why=INBOX[language]["not_set_up"], back=None)


def _looking(router: APIRouter, inboxes: Inboxes, sessions: Sessions) -> None:
    @router.get("/inbox", response_class=HTMLResponse)
    async def listing(
        request: Request, asked: PageAsked, wanted: Annotated[Wanted, taken(Wanted)], language: Language = "zh"
    ) -> Response:
        """What came for somebody, newest first."""
        who = await looker(sessions, request)
        if who is None:
            return door(language)
        box, unread = wanted.box or f"user:{who.id}", wanted.unread
        try:
            seen = await inboxes.page(who, box, asked, unread=unread)
        except (InboxAway, Refusal) as problem:
            return _said(inboxes.desk, problem, language)
        newest = seen.letters[0].at if seen.letters and asked.after is None else None
        return _page(
            "inbox.html", inboxes.desk, language, box=box, unread=unread, done=wanted.done,
            letters=[_letter(one, seen.cases.get(one.about or ""), inboxes.desk, language) for one in seen.letters],
            boxes=[(each, _name(each, who, inboxes.desk, language)) for each in inboxes.boxes(who)],
            until=instant(newest) if newest else None, form=sessions.form_token(request),
            here=urlencode({"lang": language, "box": box}),
            next=urlencode({"lang": language, "box": box, "unread": str(unread).lower(), "cursor": seen.next})
            if seen.next else None,
        )  # fmt: skip

    @router.get("/inbox/unread", include_in_schema=False)
    async def unread(looker: Annotated[Looker, Depends(sessions.looking)]) -> dict[str, Any]:
        """How many are unread; `unread` is null where nobody knows."""
        try:
            count, more = await inboxes.unread(looker.who)
        except InboxAway:
            return {"unread": None, "more": False}
        return {"unread": count, "more": more}

    @router.get("/inbox/{id}", response_class=HTMLResponse)
    async def one(request: Request, id: LetterId, language: Language = "zh", box: Box = None) -> Response:
        """One message, and how the issue that it tells of stands now, where its reader may see that."""
        who = await looker(sessions, request)
        if who is None:
            return door(language)
        box = box or f"user:{who.id}"
        try:
            letter, case = await inboxes.one(who, box, id)
        except (InboxAway, Refusal) as problem:
            return _said(inboxes.desk, problem, language, box)
        shown = _letter(letter, case, inboxes.desk, language)
        return _page("letter.html", inboxes.desk, language, letter=shown, box=box, form=sessions.form_token(request))


def _reading(router: APIRouter, inboxes: Inboxes, sessions: Sessions) -> None:
    @router.post("/inbox/read", response_class=HTMLResponse, include_in_schema=False)
    async def read_all(request: Request, language: Language = "zh", box: Box = None) -> Response:
        """Take a form with `until`: all that came until then was read."""
        who = await looker(sessions, request)
        if who is None:
            return door(language)
        box = box or f"user:{who.id}"
        given = await form(request)
        sessions.of_this_session(request, given)
        try:
            await inboxes.read_all(who, box, _until(given.get("until", "")))
        except (InboxAway, Refusal) as problem:
            return _said(inboxes.desk, problem, language, box)
        return RedirectResponse(f"/inbox?{urlencode({'lang': language, 'box': box, 'done': 'true'})}", 303)

    @router.post("/inbox/{id}/read", response_class=HTMLResponse, include_in_schema=False)
    async def read(request: Request, id: LetterId, language: Language = "zh", box: Box = None) -> Response:
        """Open a message: it was read, and its page is shown."""
        who = await looker(sessions, request)
        if who is None:
            return door(language)
        box = box or f"user:{who.id}"
        sessions.of_this_session(request, await form(request))
        try:
            await inboxes.read(who, box, id)
        except (InboxAway, Refusal) as problem:
            return _said(inboxes.desk, problem, language, box)
        where = f"/inbox/{quote(id, safe='')}?{urlencode({'lang': language, 'box': box})}"
        return RedirectResponse(where, 303)


def _until(given: str) -> datetime:
    """Raises Refusal 422."""
    try:
        return moment(given)
    except ValueError:
        wrong = {"field": "$.until", "problem": "instant", "expected": "an instant, as the page's form has it"}
        raise Refusal(422, "invalid-input", "Not as it should be: $.until.", errors=[wrong]) from None


def _said(desk: Desk, problem: InboxAway | Refusal, language: str, box: str | None = None) -> HTMLResponse:
    """Say in words why there is nothing to be seen."""
    words = INBOX[language]
    back = f"/inbox?{urlencode({'lang': language} | ({'box': box} if box else {}))}"
    if isinstance(problem, InboxAway):
        log.warning("inbox_away", why=str(problem))
        return _page("letter_unknown.html", desk, language, AWAY, why=words["away"], back=back)
    if problem.status == 404:
        home = f"/inbox?lang={language}"
        return _page("letter_unknown.html", desk, language, 404, why=words["none_such"], back=home)
    return _page("letter_unknown.html", desk, language, problem.status, why=words["other_form"], back=back)


def _page(name: str, desk: Desk, language: str, status: int = 200, **more: Any) -> HTMLResponse:
    return page(name, desk, language, status, inbox=INBOX[language], **more)


def _name(box: str, who: Viewer, desk: Desk, language: str) -> str:
    kind, _, code = box.partition(":")
    return INBOX[language]["own"] if kind == "user" else unit_name(desk.city.pack, code, language)


def _letter(one: Letter, case: Document | None, desk: Desk, language: str) -> dict[str, Any]:
    city, now = desk.city, desk.clock.now()
    return {
        "id": one.id, "at": one.at.astimezone(ZoneInfo(city.pack.zone)), "subject": one.subject, "text": one.text,
        "read": one.read, "case": line(case, city, now, language) if case else None,
    }  # fmt: skip
