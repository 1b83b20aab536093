"""The pages of lists: all that somebody sees, and one with its entries and findings, and what one may do with it."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import moment
from sanfu.desk.domain.affairs.entries import UNNAMED
from sanfu.desk.domain.affairs.rules import offered
from sanfu.desk.domain.affairs.sight import by_capacity
from sanfu.desk.domain.affairs.table import LIST
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.domain.secrecy import WITHHELD
from sanfu.desk.entrypoints.affairs import AffairId
from sanfu.desk.entrypoints.list_form_words import FORMS
from sanfu.desk.entrypoints.list_words import KINDS, LEVELS, LISTS, STANDINGS
from sanfu.desk.entrypoints.listing import RESULTS, brief, whole
from sanfu.desk.entrypoints.pages import Language, page
from sanfu.desk.entrypoints.sessions import Sessions
from sanfu.desk.entrypoints.words import STATES, unit_name
from sanfu.desk.lists import Lists
from sanfu.desk.ports import AffairsWanted
from sanfu.runtime.http import PageAsked, own_router
from sanfu.runtime.paging import Cursor
from sanfu.runtime.rules import Refusal

Kind = Annotated[Literal["visit", "experience", "checkup"] | None, Query()]
Done = Annotated[Literal["opened", "added", "marked", "ended"] | None, Query()]
Shown = Mapping[str, Any]


def routes(lists: Lists, sessions: Sessions) -> APIRouter:
    """Return the pages' routes; whoever is not logged in is shown the door."""
    router, desk = own_router(tags=["pages"]), lists.affairs.desk

    @router.get("/lists", response_class=HTMLResponse)
    async def listing(
        request: Request, asked: PageAsked, language: Language = "zh", kind: Kind = None,
        ended: Annotated[bool, Query()] = False,
    ) -> Response:  # fmt: skip
        """The lists that somebody sees, what is due first first."""
        who = await looker(sessions, request)
        if who is None:
            return door(language)
        rows = await lists.page(who, AffairsWanted(LIST, kind=kind, ended=ended), asked)
        answer = asked.of(rows, lambda one: Cursor(one["limit"], one["_id"]))
        counts, now = await lists.counts(answer["items"]), desk.clock.now()
        lines = [_line(brief(one, counts[one["_id"]], now), desk.city.pack, language) for one in answer["items"]]
        where = _where(language, kind, ended=ended)
        next = _query(language, kind, ended=ended, cursor=answer["next"]) if answer["next"] else None
        opens = bool(by_capacity(desk.scope(who)))
        return list_page(
            "lists.html", lists, language, lines=lines, kind=kind, ended=ended, where=where, next=next, opens=opens
        )

    @router.get("/lists/{affair}", response_class=HTMLResponse)
    async def one(request: Request, affair: AffairId, language: Language = "zh", done: Done = None) -> Response:
        """One list: its entries, what was found at each, and how that stands."""
        who = await looker(sessions, request)
        if who is None:
            return door(language)
        said = {"done": FORMS[language]["done"][done]} if done else {}
        return await shown(lists, who, affair, language, sessions.form_token(request), **said)

    return router


async def shown(
    lists: Lists, who: Viewer, affair: str, language: str, form_token: str, *, status: int = 200, **said: Any
) -> Response:
    """Show a list, with what is to be said: `done`, `told`, `bad` rows of a file."""
    try:
        held = await lists.one(who, affair)
    except Refusal as refusal:
        return list_page("list_unknown.html", lists, language, status=refusal.status)
    desk = lists.affairs.desk
    (cases, scope), counts, now = await lists.findings(who, held), await lists.counts([held]), desk.clock.now()
    pack, seen = desk.city.pack, whole(held, cases, scope, now)
    entries = [_entry(one, pack, language) for one in seen["entries"]]
    line = _line(brief(held, counts[held["_id"]], now), pack, language)
    forms = {
        "can": offered(held, lists.scope(who)), "form": form_token, "key": secrets.token_urlsafe(12),
        "today": pack.day(now).isoformat(), "choices": choices(pack, language), "done": "", "told": "", "bad": (),
    }  # fmt: skip
    more = {"line": line, "entries": entries, "id": affair, "held_kind": held["kind"], **forms, **said}
    return list_page("list.html", lists, language, status=status, **more)


async def looker(sessions: Sessions, request: Request) -> Viewer | None:
    session = await sessions.session(request)
    return None if session is None or session.confined else session.who


def door(language: str) -> Response:
    return RedirectResponse(f"/login?lang={language}", 303)


def list_page(name: str, lists: Lists, language: str, *, status: int = 200, **more: Any) -> HTMLResponse:
    words: dict[str, Any] = {"lists": LISTS[language], "kinds": KINDS[language], "forms": FORMS[language]}
    words["standings"] = STANDINGS[language]
    return page(name, lists.affairs.desk, language, status, **words, **more)


def _query(language: str, kind: str | None, *, ended: bool, cursor: str | None = None) -> str:
    asked = {"lang": language, "kind": kind, "ended": "true" if ended else None, "cursor": cursor}
    return urlencode({name: value for name, value in asked.items() if value is not None})


def _where(language: str, kind: str | None, *, ended: bool) -> dict[str, Any]:
    """Return the ways from here to other kinds, and to what is under way or has ended."""
    kinds = [(one, _query(language, one, ended=ended)) for one in (None, *KINDS[language])]
    return {"kinds": kinds, "open": _query(language, kind, ended=False), "over": _query(language, kind, ended=True)}


def _line(shown: Shown, pack: Pack, language: str) -> dict[str, Any]:
    """Show a list as a line: names instead of codes, local dates, what was done of what."""
    words, progress = LISTS[language], shown["progress"]
    results = [(name, STANDINGS[language][name], progress[name]) for name in STANDINGS[language] if progress[name]]
    found = [
        words[name].format(n=progress[count])
        for name, count in (("under_way", "under_way"), ("handled", "handled"), ("closed", "findings_closed"))
        if progress[count]
    ]
    holder = pack.staff.get(shown["holder"])
    done = sum(progress[result] for result in RESULTS)
    dropped = shown["ended"] and shown["ended"]["result"] == "dropped"
    return {
        "id": shown["id"], "title": shown["title"], "kind": KINDS[language][shown["kind"]], "light": shown["light"],
        "holder": holder.name if holder else shown["holder"], "unit": unit_name(pack, shown["unit"], language),
        "done": words["of"].format(n=done, of=progress["entries"]),
        "results": results, "found": found, "findings": progress["findings"], "due": _day(shown["entry_by"], pack),
        "dropped": words["dropped_because"].format(why=shown["ended"]["reason"]) if dropped else None,
        "group": _chosen(pack, "checkup", "group", shown["group"], language),
    }  # fmt: skip


def _entry(one: Shown, pack: Pack, language: str) -> dict[str, Any]:
    words = LISTS[language]
    theme = one["theme_text"] or _chosen(pack, "experience", "theme", one["theme"], language)
    named = one["title"] or theme or words["unnamed"].format(code=one["code"])
    about = [
        theme if one["title"] else None,
        _chosen(pack, "visit", "visited", one["what"], language),
        _chosen(pack, "visit", "purpose", one["purpose"], language),
        unit_name(pack, one["town"], language) if one["town"] else None,
        one["code"] if one["title"] else None,
    ]
    text = words["withheld"] if one["text"] == WITHHELD else one["text"]
    return {
        "number": one["number"], "named": named, "about": [each for each in about if each], "text": text,
        "standing": STANDINGS[language][one["standing"]], "level": LEVELS.get(one["standing"]),
        "day": one["on"] or _day(one["due"], pack), "unnamed": one["what"] == UNNAMED, "result": one["result"],
        "on": one["on"], "findings": _findings(one["findings"], language),
    }  # fmt: skip


def _findings(found: Sequence[Shown], language: str) -> list[dict[str, Any]]:
    return [{**one, "state": STATES[language].get(one["state"], one["state"])} for one in found]


def choices(pack: Pack, language: str) -> dict[str, dict[str, str]]:
    """Return what may be chosen: what is visited, and of which group a monitor is."""
    asked = {"what": ("visit", "visited"), "group": ("checkup", "group")}
    found = {name: pack.form_of(channel).questions.get(question) for name, (channel, question) in asked.items()}
    return {
        name: {code: each.get(language, code) for code, each in question.choices.items()} if question else {}
        for name, question in found.items()
    }


def _chosen(pack: Pack, channel: str, question: str, code: str | None, language: str) -> str | None:
    """Name an answer as the channel's form does; an unknown code is shown as it stands."""
    asked = pack.form_of(channel).questions.get(question)
    known = asked.choices.get(code or "") if asked else None
    return known.get(language, code) if known else code


def _day(instant: str | None, pack: Pack) -> str | None:
    """Return the date of the city that ends at an instant."""
    if instant is None:
        return None
    last: datetime = moment(instant) - timedelta(milliseconds=1)
    return last.astimezone(ZoneInfo(pack.zone)).date().isoformat()
