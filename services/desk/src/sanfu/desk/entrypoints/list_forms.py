"""What is done on the pages of lists, by forms: make one, put on it what a file says, mark an entry, leave the rest.

A form is of its session (`Sessions.of_this_session`); what is wrong is said on the page, and nothing is done then.
"""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from sanfu.desk.affairs import Wish
from sanfu.desk.domain.affairs.sight import by_capacity
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entry_files import LARGEST, EntryFiles
from sanfu.desk.entrypoints.affairs import AffairId
from sanfu.desk.entrypoints.commands.lists import BODIES, Open
from sanfu.desk.entrypoints.list_form_words import FORMS, problem_in_words
from sanfu.desk.entrypoints.list_pages import choices, door, list_page, looker, shown
from sanfu.desk.entrypoints.pages import Language
from sanfu.desk.entrypoints.sessions import Sessions
from sanfu.runtime.forms import read_form
from sanfu.runtime.http import own_router
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.pages import form
from sanfu.runtime.problems import field_path
from sanfu.runtime.rules import Refusal
from sanfu.runtime.store import StoreDown
from sanfu.runtime.unnamed import kept

PAGES: Final = "/lists/"
CONFLICT: Final = 409
FIELDS: Final = ("kind", "title", "holder", "group")
DONE: Final = {"mark": "marked", "end": "ended"}
Given = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """A form with the file at its end; `refused`: why that was not read."""

    fields: dict[str, str]
    file: IO[bytes] | None
    refused: Refusal | None

    def there(self) -> IO[bytes]:
        """Return the file. Raises Refusal 422 where none was chosen, or why it was not read."""
        if self.refused is not None:
            raise self.refused
        if self.file is None:
            raise Refusal(422, "not-a-list", "There is no file.", errors=[])
        return self.file

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


def routes(files: EntryFiles, sessions: Sessions) -> APIRouter:
    """Return the forms' routes; whoever is not logged in is shown the door."""
    router, lists = own_router(tags=["pages"]), files.lists

    def new_page(request: Request, language: str, given: Given, status: int = 200, **said: Any) -> Response:
        more = {
            "given": {**dict.fromkeys(FIELDS, ""), **given}, "form": sessions.form_token(request),
            "key": given.get("key") or _key(),
            "choices": choices(lists.affairs.desk.city.pack, language), "told": "", "bad": (), **said,
        }  # fmt: skip
        return list_page("list_new.html", lists, language, status=status, **more)

    @router.get("/lists/new", response_class=HTMLResponse)
    async def new(request: Request, language: Language = "zh") -> Response:
        """The page on which a list is made."""
        who = await looker(sessions, request)
        if who is None:
            return door(language)
        if not by_capacity(lists.affairs.desk.scope(who)):
            return list_page("list_unknown.html", lists, language, status=404)
        return new_page(request, language, {})

    @router.post("/lists/new", response_class=HTMLResponse, include_in_schema=False)
    async def make(request: Request, language: Language = "zh") -> Response:
        who = await looker(sessions, request)
        if who is None:
            return door(language)
        sent = await _with_file(sessions, request)
        try:
            id = await _opened(files, who, sent)
        except (Refusal, StoreDown, Unavailable) as problem:
            status, said = _said(problem, language)
            return new_page(request, language, sent.fields, status, **said)
        finally:
            sent.close()
        return _back(id, language, "opened")

    @router.post("/lists/{affair}/entries", response_class=HTMLResponse, include_in_schema=False)
    async def add(request: Request, affair: AffairId, language: Language = "zh") -> Response:
        who = await looker(sessions, request)
        if who is None:
            return door(language)
        sent = await _with_file(sessions, request)
        try:
            await files.add(who, affair, sent.there(), _always(sent.fields), dry=False)
        except (Refusal, StoreDown, Unavailable) as problem:
            status, said = _said(problem, language)
            return await shown(lists, who, affair, language, sessions.form_token(request), status=status, **said)
        finally:
            sent.close()
        return _back(affair, language, "added")

    for command in DONE:
        _command(router, files, sessions, command)
    return router


def _command(router: APIRouter, files: EntryFiles, sessions: Sessions, command: str) -> None:
    """Add the route of a form that orders a command of the API."""

    @router.post(f"/lists/{{affair}}/{command}", response_class=HTMLResponse, include_in_schema=False)
    async def order(request: Request, affair: AffairId, language: Language = "zh") -> Response:
        who = await looker(sessions, request)
        if who is None:
            return door(language)
        given = dict(await form(request))
        sessions.of_this_session(request, given)
        key = given.get("key") or _key()
        said = {name: value.strip() for name, value in given.items() if name not in ("form", "key") and value.strip()}
        try:
            body = _read(BODIES[command], said)
            await files.lists.act(who, affair, Wish(command, body, f"page:{key[:80]}"))
        except (Refusal, StoreDown, Unavailable) as problem:
            status, more = _said(problem, language)
            return await shown(files.lists, who, affair, language, sessions.form_token(request), status=status, **more)
        return _back(affair, language, DONE[command])


async def _opened(files: EntryFiles, who: Viewer, sent: Sent) -> str:
    """Make the list that a form and its file say. Raises Refusal, StoreDown, Unavailable."""
    given = sent.fields
    said = {name: value for name in FIELDS if (value := given.get(name, "").strip())}
    head = _read(Open, {**said, "entries": [{}]})
    read = await files.opening(head["kind"], sent.there(), _always(given))
    wish = Wish("open", {**head, "entries": [*read.entries]}, f"page:{(given.get('key') or _key())[:80]}")
    id, _ = await files.lists.open(who, wish)
    return id


def _read(model: Any, said: Mapping[str, Any]) -> dict[str, Any]:
    """Read what was filled in as the API's body. Raises Refusal 422."""
    numbers = {name: int(value) for name, value in said.items() if name == "entry" and str(value).isdecimal()}
    try:
        body: dict[str, Any] = model.model_validate({**said, **numbers}).model_dump(mode="json")
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        wrong = [{"field": field_path(["body", *one["loc"]]), "problem": one["type"]} for one in found]
        raise Refusal(422, "invalid-input", "Not as it should be.", errors=wrong) from error
    return body


def _always(given: Given) -> dict[str, str]:
    return {name: value for name in ("due", "what") if (value := given.get(name, "").strip()[:40])}


async def _with_file(sessions: Sessions, request: Request) -> Sent:
    """Read a form of this session; whoever asks closes it. Raises Refusal 403 for one that is not."""
    read = await read_form(request, _kept, 1)
    sent = Sent(read.fields, read.files[0] if read.files else None, read.refused)
    try:
        sessions.of_this_session(request, sent.fields)
    except Refusal:
        sent.close()
        raise
    return sent


async def _kept(content: AsyncIterator[bytes]) -> IO[bytes]:
    return await kept(_up_to(LARGEST, content))


async def _up_to(most: int, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    length = 0
    async for piece in content:
        length += len(piece)
        if length > most:
            raise Refusal(413, "file-too-large", f"At most {most} bytes.", limit=most)
        yield piece


def _said(problem: Exception, language: str) -> tuple[int, dict[str, Any]]:
    """Put a refusal in the page's words: its status, and what the page shows."""
    words = FORMS[language]
    if not isinstance(problem, Refusal):
        return 503, {"told": words["away"]}
    errors = problem.more.get("errors") or []
    match problem.slug:
        case "bad-rows":
            return problem.status, {"told": words["bad"], "bad": _by_line(errors, language)}
        case "not-a-list":
            return problem.status, {"told": words["no_file"]}
        case "file-too-large" | "too-many-files":
            return problem.status, {"told": words["large"]}
        case "nothing-changed":
            return problem.status, {"told": words["same"]}
        case "invalid-input" if any(one["problem"] == "too_many" for one in errors):
            return problem.status, {"told": words["many"]}
        case "invalid-input":
            return problem.status, {"told": "; ".join(problem_in_words(one, language) for one in errors[:5])}
    return problem.status, {"told": words["not_now" if problem.status == CONFLICT else "again"]}


def _by_line(errors: Sequence[dict[str, Any]], language: str) -> list[tuple[str, str]]:
    """Return what is wrong with each row, by its line in the file."""
    found: dict[int, list[str]] = {}
    for one in errors:
        found.setdefault(one["line"], []).append(problem_in_words(one, language))
    return [(FORMS[language]["line"].format(n=line), "; ".join(said)) for line, said in found.items()]


def _back(affair: str, language: str, done: str) -> Response:
    return RedirectResponse(f"/lists/{quote(affair, safe='')}?{urlencode({'lang': language, 'done': done})}", 303)


def _key() -> str:
    return secrets.token_urlsafe(12)
