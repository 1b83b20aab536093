"""The API: commands on cases, lists, counts, one case, a contact."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AfterValidator

from sanfu.desk.domain.scope import Viewer, covering
from sanfu.desk.domain.table import STATES
from sanfu.desk.entrypoints.commanding import Commands, Do, How, Who, version_of
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.desk.entrypoints.danger import warned, warning
from sanfu.desk.entrypoints.views import counted, listed, unforeseen, whole
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Wanted
from sanfu.runtime.bodies import Body
from sanfu.runtime.fold import Done
from sanfu.runtime.http import PageAsked, own_router, taken
from sanfu.runtime.paging import Cursor
from sanfu.runtime.texts import Instant, Line

_OF_THE_STORE = frozenset({"_id", "version", "case"})


def _one_of_the_states(text: str) -> str:
    if text not in STATES:
        raise ValueError(f"one of {', '.join(STATES)}")
    return text


CaseId = Annotated[str, Path(min_length=1, max_length=200)]
Unit = Annotated[str | None, Query(pattern=r"^[a-z0-9-]{2,40}$")]
Code = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,79}$")]
State = Annotated[str, AfterValidator(_one_of_the_states)]


class Purpose(Body):
    """What a contact is read for; kept on record."""

    purpose: Annotated[str, Line(300, 2)]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases a list shows, and in which order. `credit_code` is that of the enterprise or organisation whose
    matter it is; `flag` one of its flags; `assisting` a unit with an open task, `inner` the reddest light of those;
    `disputed`: its group has to say who leads; `sponsor`: the leader who sponsors it on the register; `party_untold`:
    its party could not be told of something; spans begin at `after` and end just before `before`."""

    unit: Unit = None
    state: Annotated[State | None, Query()] = None
    light: Annotated[Literal["none", "yellow", "red"] | None, Query()] = None
    due_before: Annotated[Instant | None, Query()] = None
    due_after: Annotated[Instant | None, Query()] = None
    submitted_before: Annotated[Instant | None, Query()] = None
    submitted_after: Annotated[Instant | None, Query()] = None
    audience: Annotated[Literal["enterprise", "resident", "grassroots"] | None, Query()] = None
    channel: Code = None
    town: Unit = None
    category: Code = None
    kind: Code = None
    credit_code: Code = None
    urgency: Annotated[Literal["normal", "urgent", "emergency"] | None, Query()] = None
    grade: Annotated[Literal["simple", "complex", "difficult"] | None, Query()] = None
    flag: Code = None
    reminded: Annotated[Literal["true"] | None, Query()] = None
    assisting: Unit = None
    inner: Annotated[Literal["none", "yellow", "red"] | None, Query()] = None
    disputed: Annotated[Literal["true"] | None, Query()] = None
    party_untold: Annotated[Literal["true"] | None, Query()] = None
    sponsor: Code = None
    need: Annotated[Literal["link", "call", "writing", "site", "again", "monitor"] | None, Query()] = None
    sort: Annotated[Literal["due", "urgent"], Query()] = "due"

    def wanted(self) -> Wanted:
        """Say it as the stores are asked: closed ones with `state=closed`, else open ones."""
        given = asdict(self)
        closed, urgent = self.state == "closed", given.pop("sort") == "urgent"
        by: Literal["limit", "order"] = "order" if urgent and not closed else "limit"  # none of those is urgent
        named = {
            "party_code": given.pop("credit_code"),
            "flags": given.pop("flag"),
            "reminded": given.pop("reminded") and True,
            "disputed": given.pop("disputed") and True,
            "party_untold": given.pop("party_untold") and True,
        }
        return Wanted(**given, **named, closed=closed, by=by)


def routes(desk: Desk, who: Who, reader: Who) -> list[APIRouter]:
    """Return the API's routes; `who` says who asks, `reader` who reads about people."""
    acting, reading = Commands("cases", who), own_router("/v1", tags=["cases"])
    for name, model in BODIES.items():
        acting.add(f"/cases/{{case}}/{name}", name, model, _act(desk, name))
    _reading(reading, desk, who)
    _opening(reading, desk, reader)
    return [acting.router, reading]


def _act(desk: Desk, name: str) -> Do:
    async def do(viewer: Viewer, case: str, said: dict[str, Any], how: How) -> tuple[Done, dict[str, Any]]:
        pack = desk.city.pack
        with warned(pack, name, said):
            after, done = await desk.act(viewer, case, name, said, key=how.key, if_match=version_of(how.if_match))
        scope, first = desk.scope(viewer), warning(pack, name, said, after)
        return done, {
            **first,
            "case": whole(after, scope, viewer.id, desk.city.pack) if covering(scope, after) else None,
        }

    return do


def _reading(router: APIRouter, desk: Desk, who: Who) -> None:
    @router.get("/cases", operation_id="list_cases")
    async def cases(
        viewer: Annotated[Viewer, Depends(who)], page: PageAsked, asked: Annotated[Asked, taken(Asked)]
    ) -> dict[str, Any]:
        """Open cases by what is due first, or the most urgent first; closed ones with `state=closed`."""
        wanted = asked.wanted()
        return listed(await desk.page(viewer, wanted, page), page, wanted.by)

    @router.get("/counts", operation_id="count_cases")
    async def counts(viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """Open cases by light, state and unit, as far as the asker sees them."""
        return counted(await desk.count(viewer))

    @router.get("/cases/{case}", operation_id="read_case")
    async def case(case: CaseId, response: Response, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """One case, its history, and the commands it offers to the asker."""
        found = await desk.case(viewer, case)
        response.headers["ETag"] = f'"{found["ver"]}"'
        return whole(found, desk.scope(viewer), viewer.id, desk.city.pack)

    @router.get("/cases/{case}/history", operation_id="read_history")
    async def history(case: CaseId, page: PageAsked, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """All that happened to a case, the first first; the case itself shows the last 50. To who handles it a page
        may be shorter: how it is followed up is left out."""
        answer = page.of(await desk.history(viewer, case, page), lambda entry: Cursor(None, entry["_id"]))
        hidden = unforeseen(covering(desk.scope(viewer), await desk.case(viewer, case)))
        told = [entry for entry in answer["items"] if entry["type"] not in hidden]
        shown = [{k: v for k, v in entry.items() if k not in _OF_THE_STORE} for entry in told]
        return {**answer, "items": shown}


def _opening(router: APIRouter, desk: Desk, reader: Who) -> None:
    @router.get("/cases/{case}/contact", operation_id="read_contact")
    async def contact(
        case: CaseId, asked: Annotated[Purpose, Query()], response: Response, viewer: Annotated[Viewer, Depends(reader)]
    ) -> dict[str, Any]:
        """The party, the filer, what was really written. Every reading is kept on record with its purpose."""
        response.headers["Cache-Control"] = "no-store"
        return dict(await desk.contact(viewer, case, asked.purpose))

    @router.get("/cases/{case}/texts", operation_id="read_texts")
    async def sealed_texts(
        case: CaseId, asked: Annotated[Purpose, Query()], response: Response, viewer: Annotated[Viewer, Depends(reader)]
    ) -> dict[str, Any]:
        """What people wrote about a confidential or sealed case, event by event. Every reading is kept on record with
        its purpose."""
        response.headers["Cache-Control"] = "no-store"
        return {"items": await desk.texts(viewer, case, asked.purpose)}
