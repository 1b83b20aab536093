"""The party's own pages: found by number and phone, opened by a signed link. Opening one changes nothing (messengers'
robots open links); what a party says is sent by a form."""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from sanfu.desk.domain.hearing import alarming, words_of
from sanfu.desk.domain.table import AWAITING
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.desk.entrypoints.danger import first, races
from sanfu.desk.entrypoints.door_words import span
from sanfu.desk.entrypoints.pages import page
from sanfu.desk.entrypoints.party_view import shown
from sanfu.desk.entrypoints.party_words import MINE
from sanfu.desk.evidence import Evidence
from sanfu.desk.parties import COMMANDS, Parties
from sanfu.runtime.downloads import FileId
from sanfu.runtime.http import own_router
from sanfu.runtime.kinds import ENDINGS
from sanfu.runtime.pages import address, form, same_site
from sanfu.runtime.rules import Refusal

Spoken = Annotated[Literal["zh", "en"] | None, Query(alias="lang")]
Command = Literal["rate", "remind", "request_reopen", "ask_review", "object", "withdraw"]
Done = Annotated[Command | Literal["add"] | None, Query()]
Failed = Annotated[Literal["add", "add_files"] | None, Query()]
KINDS = ",".join(ENDINGS)
"""What a browser offers to choose from; intake judges by itself."""
LOOKS, LOOK_EVERY = 20, 0.1
"""Times, and seconds between them, that the page looks whether an answer has come."""
OVER = frozenset({"closed", "reopen_requested", "merged"})
UNSEARCHED = {"X-Robots-Tag": "noindex, nofollow"}


def routes(parties: Parties, evidence: Evidence) -> APIRouter:
    router = own_router(tags=["pages"])

    @router.get("/my", response_class=HTMLResponse, include_in_schema=False)
    async def find(language: Spoken = None) -> Response:
        """The page on which a party finds its report."""
        return _find(parties, language or "zh")

    @router.post("/my", response_class=HTMLResponse, include_in_schema=False)
    async def enter(request: Request, language: Spoken = None) -> Response:
        same_site(request)
        given, spoken = await form(request), language or "zh"
        try:
            token = await parties.enter(given.get("number", ""), given.get("digits", ""), address(request))
        except Refusal as refusal:
            return _find(parties, spoken, refusal.status, _why(refusal, spoken), given.get("number", "")[:40])
        return RedirectResponse(f"/my/{token}?lang={spoken}", 303)

    @router.get("/my/{token}", response_class=HTMLResponse, include_in_schema=False)
    async def mine(
        token: str, language: Spoken = None, done: Done = None, failed: Failed = None, danger: bool = False
    ) -> Response:
        """A party's own report: how it stands, and what it can do now. `danger`: what it has just said speaks of it."""
        try:
            if done == "add":
                await _heard(parties, token)
            wrong = f"failed_{failed}" if failed else ""
            return await _mine(parties, token, language, done=done, wrong=wrong, danger=danger)
        except Refusal as refusal:
            spoken = language or "zh"
            return _find(parties, spoken, refusal.status, MINE[spoken]["gone"])

    @router.get("/my/{token}/files/{file}", include_in_schema=False)
    async def file(token: str, file: FileId) -> Response:
        """A file that the party was told of: by a link that ends soon, made when it is asked for."""
        made = evidence.party_link(await parties.case(token), file)
        return _unsearched(RedirectResponse(made, 303, {"Cache-Control": "no-store"}))

    @router.post("/my/{token}/{command}", response_class=HTMLResponse, include_in_schema=False)
    async def say(token: str, command: Command, request: Request, language: Spoken = None) -> Response:
        same_site(request)
        given = dict(await form(request))
        key = given.pop("key", "") or secrets.token_urlsafe(12)
        danger = alarming(parties.desk.city.pack, words_of(command, given))
        try:
            said = BODIES[command].model_validate(_filled(command, given)).model_dump(mode="json")
            await parties.say(token, command, said, key[:100])
        except ValidationError:
            return await _mine(parties, token, language, status=422, wrong="invalid", danger=danger)
        except Refusal as refusal:
            if refusal.status == 404:
                return _find(parties, language or "zh", 404, MINE[language or "zh"]["gone"])
            return await _mine(parties, token, language, status=refusal.status, wrong=refusal.slug, danger=danger)
        more = ("&danger=1" if danger else "") + (f"&lang={language}" if language else "")
        return RedirectResponse(f"/my/{token}?done={command}{more}", 303)

    return router


def _filled(command: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Read a form as the command's body: an empty field says nothing."""
    said: dict[str, Any] = {name: value.strip() for name, value in given.items() if value.strip()}
    if command == "rate" and "satisfied" in said:
        said["satisfied"] = int(said["satisfied"]) if said["satisfied"] in {"1", "2", "3", "4", "5"} else 0
    if command == "withdraw":
        said["asked_to"] = "asked_to" in said
    return said


def _why(refusal: Refusal, language: str) -> str:
    words = MINE[language]
    if refusal.status == 429:
        return words["wait"].format(n=span(refusal.more["retry_after"], language))
    return words["not_found"]


def _find(parties: Parties, language: str, status: int = 200, wrong: str = "", number: str = "") -> Response:
    more: dict[str, Any] = {"mine": MINE[language], "wrong": wrong, "number": number}
    return _unsearched(page("find.html", parties.desk, language, status, **more))


async def _mine(
    parties: Parties, token: str, language: str | None, *, status: int = 200, wrong: str = "", done: str | None = None,
    danger: bool = False,
) -> Response:  # fmt: skip
    case = await parties.case(token)
    spoken = language or ("en" if str(case["language"]).startswith("en") else "zh")
    words = MINE[spoken]
    pack = parties.desk.city.pack
    told = words.get(wrong, words["refused"]) if wrong else ""
    possible = parties.possible(case)
    view = shown(case, pack, spoken, [command for command in COMMANDS if command in possible])
    more: dict[str, Any] = {
        "mine": words, "view": view, "token": token, "wrong": told, "done": words[f"done_{done}"] if done else "",
        "key": secrets.token_urlsafe(12), "add": _adding(parties, token, case), "kinds": KINDS,
        "preferences": parties.preferences(case, token),
        "first": first(pack, spoken) if danger or races(case) else None,
    }  # fmt: skip
    return _unsearched(page("mine.html", parties.desk, spoken, status, sends_to=parties.intake_url, **more))


async def _heard(parties: Parties, token: str) -> None:
    """Wait a moment until desk has heard of an answer that intake has just taken: or the page would ask again."""
    for _ in range(LOOKS):
        if (await parties.case(token))["state"] != AWAITING:
            return
        await asyncio.sleep(LOOK_EVERY)


def _adding(parties: Parties, token: str, case: Mapping[str, Any]) -> str | None:
    """Return where the page sends what is added: to intake, which takes in what parties say; none once it is over."""
    if parties.intake_url is None or case["state"] in OVER:
        return None
    return f"{parties.intake_url}/v1/supplements/{token}"


def _unsearched(answer: Response) -> Response:
    answer.headers.update(UNSEARCHED)
    return answer
