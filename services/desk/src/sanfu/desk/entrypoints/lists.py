"""The API of lists of visits, experience sheets and check-ups."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError

from sanfu.desk.affairs import Wish
from sanfu.desk.domain.affairs.rules import offered
from sanfu.desk.domain.affairs.table import LIST
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entry_files import EntryFiles, Read
from sanfu.desk.entrypoints.affairs import AffairId
from sanfu.desk.entrypoints.commanding import Commands, Do, How, Who, answered, tagged, title, version_of
from sanfu.desk.entrypoints.commands.lists import BODIES, Entry, Open
from sanfu.desk.entrypoints.http import Code, Unit
from sanfu.desk.entrypoints.listing import brief, whole
from sanfu.desk.lists import Lists
from sanfu.desk.ports import AffairsWanted
from sanfu.runtime.bodies import pieces
from sanfu.runtime.fold import Done
from sanfu.runtime.http import PageAsked, own_router, taken
from sanfu.runtime.paging import Cursor
from sanfu.runtime.problems import expected, field_path
from sanfu.runtime.rules import Refusal
from sanfu.runtime.unnamed import kept

ENTRY_FILES: Final = "/v1/lists/*/entries"
TAKEN: Final = ("text/csv", "application/csv", "application/octet-stream", "application/vnd.ms-excel")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lists are shown; those of which something is due first come first. `unit`: the holder's."""

    kind: Annotated[Literal["visit", "experience", "checkup"] | None, Query()] = None
    holder: Code = None
    unit: Unit = None
    issue: Annotated[str | None, Query(max_length=200)] = None
    ended: Annotated[bool, Query()] = False


@dataclass(frozen=True, slots=True)
class Always:
    """What holds for the rows of a file whose columns don't say it: the date by when, what is visited, why."""

    due: Annotated[str | None, Query(max_length=10)] = None
    what: Code = None
    purpose: Code = None

    def said(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read an entry that is no request's body. Raises Refusal 422, by its fields alone."""
    try:
        return Entry.model_validate(given).model_dump(mode="json")
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        wrong = [
            {"field": field_path(["body", *e["loc"]]), "problem": e["type"], "expected": expected(e)} for e in found
        ]
        raise Refusal(422, "invalid-input", "Not as it should be.", errors=wrong) from error


def routes(files: EntryFiles, who: Who) -> list[APIRouter]:
    """Return the API's routes."""
    lists = files.lists
    acting, router = Commands("lists", who), own_router("/v1", tags=["lists"])
    now = lists.affairs.desk.clock.now
    for name, model in BODIES.items():
        acting.add(f"/lists/{{affair}}/{name}", f"{name}_list", model, _act(lists, name))

    @router.post("/lists", operation_id="open_list", status_code=201, summary=title(Open))
    async def make(
        body: Open, how: Annotated[How, taken(How)], response: Response, viewer: Annotated[Viewer, Depends(who)]
    ) -> dict[str, Any]:
        id, done = await lists.open(viewer, Wish("open", body.model_dump(mode="json"), how.key))
        response.headers.update(tagged(done))
        return answered(id, done)

    @router.get("/lists", operation_id="list_lists")
    async def listing(
        viewer: Annotated[Viewer, Depends(who)], page: PageAsked, asked: Annotated[Asked, taken(Asked)]
    ) -> dict[str, Any]:
        """Open ones, what is due first first; ended ones with `ended=true`. Each with how far it is."""
        rows = await lists.page(viewer, AffairsWanted(LIST, **asdict(asked)), page)
        answer = page.of(rows, lambda one: Cursor(one["limit"], one["_id"]))
        counts = await lists.counts(answer["items"])
        return {**answer, "items": [brief(one, counts[one["_id"]], now()) for one in answer["items"]]}

    @router.get("/lists/{affair}", operation_id="read_list")
    async def reading(affair: AffairId, response: Response, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """One of them: its entries, what was found at each and how that stands, and the commands it offers."""
        held = await lists.one(viewer, affair)
        response.headers["ETag"] = f'"{held["ver"]}"'
        (cases, scope), counts = await lists.findings(viewer, held), await lists.counts([held])
        shown = {**brief(held, counts[held["_id"]], now()), **whole(held, cases, scope, now())}
        return {**shown, "history": held["history"], "allowed": list(offered(held, lists.scope(viewer)))}

    _from_file(router, files, who)
    return [acting.router, router]


def _from_file(router: APIRouter, files: EntryFiles, who: Who) -> None:
    @router.post("/lists/{affair}/entries", operation_id="add_entries")
    async def entries(
        affair: AffairId, request: Request, viewer: Annotated[Viewer, Depends(who)],
        always: Annotated[Always, taken(Always)], dry_run: Annotated[bool, Query()] = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Put on a list what a file says, CSV or XLSX, which is the body; all of its rows or, if one is bad, none. What
        stands there already is passed over. `dry_run`: only say what would be taken, and what is wrong with which row.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (*TAKEN, XLSX):
            error = {"field": "header.Content-Type", "problem": "not_taken", "expected": f"text/csv or {XLSX}"}
            raise Refusal(415, "unsupported-media-type", f"header.Content-Type: text/csv or {XLSX}.", errors=[error])
        with await kept(pieces(request)) as file:
            read, done = await files.add(viewer, affair, file, always.said(), dry=dry_run)
        return {**_told(read), "dry_run": dry_run, "version": done.ver if done else None}


def _told(read: Read) -> dict[str, Any]:
    """Say what came, or would come, of a file."""
    counts = {"rows": read.rows, "added": len(read.entries), "repeated": read.repeated}
    return {**counts, "bad": [*read.bad], "columns": dict(read.columns), "ignored": [*read.ignored]}


def _act(lists: Lists, name: str) -> Do:
    async def do(viewer: Viewer, affair: str, said: dict[str, Any], how: How) -> tuple[Done, dict[str, Any]]:
        return await lists.act(viewer, affair, Wish(name, said, how.key, version_of(how.if_match))), {}

    return do
