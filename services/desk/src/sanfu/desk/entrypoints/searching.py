"""Looking for cases: by words and numbers, by whose matter it is; filters that somebody keeps; one command for many."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from sanfu.desk.domain.finding import LOOKED_AT
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.commanding import How, Who
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.desk.entrypoints.http import Asked, CaseId
from sanfu.desk.entrypoints.views import brief
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document
from sanfu.desk.searches import MOST_FILTERS, Searches, place
from sanfu.desk.searches import Asked as Sought
from sanfu.runtime.bodies import Body
from sanfu.runtime.http import PageAsked, own_router, taken
from sanfu.runtime.paging import Cursor, Page
from sanfu.runtime.problems import problem
from sanfu.runtime.rules import Refusal
from sanfu.runtime.texts import Instant, Line

MOST_AT_ONCE = 100
"""Cases of one bulk command: an answer per case stays readable, and one request never fills the writers."""


def _command(name: str) -> str:
    if name not in BODIES:
        raise ValueError(f"one of {', '.join(BODIES)}")
    return name


class Bulk(Body):
    """One command for several cases. `said` is the body that the command has for one."""

    command: Annotated[str, AfterValidator(_command)]
    cases: Annotated[list[Annotated[str, Line(200, 1)]], Field(min_length=1, max_length=MOST_AT_ONCE)]
    said: dict[str, Any] = Field(default_factory=dict)


class Person(Body):
    """Whose cases are looked for, and what for; that is kept on record. A body, for addresses stand in logs."""

    phone: Annotated[str, Line(40, 3)] | None = None
    email: Annotated[str, Line(200, 3)] | None = None
    purpose: Annotated[str, Line(300, 2)]


class Filter(Body):
    """What is kept to be looked for again: a list's query parameters by name."""

    name: Annotated[str, Line(80, 1)]
    query: dict[str, str] = Field(default_factory=dict, max_length=20)


@dataclass(frozen=True, slots=True)
class Clue:
    """What a search goes by: words, a number, or both; and how far back closed cases count."""

    words: Annotated[str | None, Query(max_length=100)] = None
    number: Annotated[str | None, Query(max_length=40)] = None
    since: Annotated[Instant | None, Query()] = None


_QUERY: TypeAdapter[Any] = TypeAdapter(Asked)
FilterCode = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]


def routes(desk: Desk, who: Who) -> APIRouter:
    router = own_router("/v1", tags=["searching"])
    searches = Searches(desk)
    _finding(router, searches, who)
    _filters(router, searches, who)
    _many(router, desk, who)
    return router


def _finding(router: APIRouter, searches: Searches, who: Who) -> None:
    @router.get("/search", operation_id="search_cases")
    async def search(
        viewer: Annotated[Viewer, Depends(who)], page: PageAsked, clue: Annotated[Clue, taken(Clue)],
        asked: Annotated[Asked, taken(Asked)],
    ) -> dict[str, Any]:  # fmt: skip
        """Cases that hold all these words in title, place or the beginning of the text, or this piece of a number: open
        ones, and all that came in since then (90 days). The newest 1,000 are ranked, and `more_than` says that there
        are more. A confidential case is found by its number only."""
        words = clue.words or ""
        found = await searches.search(viewer, Sought(clue.words, clue.number, clue.since, asked.wanted()))
        answer = page.of(_behind(found.cases, page, words), lambda case: Cursor(*place(case, words)))
        shown = [brief(case) for case in await searches.whole(viewer, answer["items"])]
        return {**answer, "items": shown, "more_than": LOOKED_AT if found.more else None}

    @router.post("/search/contact", operation_id="search_contact")
    async def contact(person: Person, response: Response, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """A person's cases by their phone or e-mail, for who may read that contact; every search is kept on record."""
        if person.phone is None and person.email is None:
            wrong = {"field": "$.phone", "problem": "missing", "expected": "a phone, an e-mail, or both"}
            raise Refusal(422, "invalid-input", "Not as it should be: $.phone.", errors=[wrong])
        given = {"phone": person.phone, "email": person.email}
        found = await searches.by_contact(viewer, given, person.purpose)
        response.headers["Cache-Control"] = "no-store"
        return {"items": [brief(case) for case in found]}

    @router.get("/cases/{case}/same-party", operation_id="list_same_party")
    async def same_party(case: CaseId, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """What else is open of the same party, for who reviews or calls: found by phone, e-mail or credit code, none of
        which is shown. Who looked is kept on record."""
        return {"items": [brief(one) for one in await searches.of_same_party(viewer, case)]}


def _behind(found: list[Document], page: Page, words: str) -> list[Document]:
    if page.after is None:
        return found[: page.limit + 1]
    after = (str(page.after.key), page.after.id)
    return [case for case in found if place(case, words) < after][: page.limit + 1]


def _filters(router: APIRouter, searches: Searches, who: Who) -> None:
    @router.get("/filters", operation_id="list_filters")
    async def filters(viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """The asker's own filters."""
        return {"items": [_kept(one) for one in await searches.filters(viewer)], "most": MOST_FILTERS}

    @router.put("/filters/{code}", operation_id="keep_filter")
    async def keep(code: FilterCode, given: Filter, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """Keep a filter, over the one of that code."""
        if unknown := [name for name in given.query if name not in Asked.__dataclass_fields__]:
            raise _wrong(unknown[0], "unknown", f"one of: {', '.join(Asked.__dataclass_fields__)}")
        try:
            _QUERY.validate_python(given.query)
        except ValidationError as error:
            first = error.errors()[0]
            raise _wrong(str(first["loc"][0]), first["type"], first["msg"]) from None
        return _kept(await searches.keep(viewer, code, given.name, given.query))

    @router.delete("/filters/{code}", status_code=204, operation_id="drop_filter")
    async def drop(code: FilterCode, viewer: Annotated[Viewer, Depends(who)]) -> None:
        await searches.drop(viewer, code)


def _wrong(name: str, why: str, expected: str) -> Refusal:
    wrong = {"field": f"$.query.{name}", "problem": why, "expected": expected}
    return Refusal(422, "invalid-input", f"Not as it should be: $.query.{name}.", errors=[wrong])


def _kept(one: Document) -> dict[str, Any]:
    return {name: one[name] for name in ("code", "name", "query", "version")}


def _many(router: APIRouter, desk: Desk, who: Who) -> None:
    @router.post("/cases/bulk", operation_id="order_many")
    async def bulk(
        given: Bulk, how: Annotated[How, taken(How)], viewer: Annotated[Viewer, Depends(who)]
    ) -> dict[str, Any]:
        """Do one command on up to 100 cases, each by itself: each has its own answer, and its own key made of this
        request's. After a 503 send the whole again: what was done is told as repeated."""
        if how.if_match is not None:
            wrong = {"field": "header.If-Match", "problem": "not_here", "expected": "nothing: it is of one case"}
            raise Refusal(422, "invalid-input", "Not as it should be: header.If-Match.", errors=[wrong])
        try:
            body = BODIES[given.command].model_validate(given.said)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            raise RequestValidationError([{**one, "loc": ("body", "said", *one["loc"])} for one in found]) from None
        said = body.model_dump(mode="json")

        async def one(id: str) -> dict[str, Any]:
            try:
                _, done = await desk.act(viewer, id, given.command, said, key=f"{how.key}#bulk", if_match=None)
            except Refusal as refusal:
                shown = problem(refusal.status, refusal.slug, refusal.detail, **refusal.more)
                return {"id": id, "status": refusal.status, "problem": orjson.loads(shown.body)}
            state = done.state["state"]
            return {"id": id, "status": 200, "version": done.ver, "state": state, "repeated": done.repeated}

        return {"items": await asyncio.gather(*map(one, dict.fromkeys(given.cases)))}
