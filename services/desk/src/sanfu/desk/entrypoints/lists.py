"""The API of lists of visits, experience sheets and check-ups."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response

from sanfu.desk.affairs import Wish
from sanfu.desk.domain.affairs.rules import offered
from sanfu.desk.domain.affairs.table import LIST
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.affairs import AffairId
from sanfu.desk.entrypoints.commanding import Commands, Do, How, Who, answered, tagged, title, version_of
from sanfu.desk.entrypoints.commands.lists import BODIES, Open
from sanfu.desk.entrypoints.http import Code, Unit
from sanfu.desk.entrypoints.listing import brief, whole
from sanfu.desk.lists import Lists
from sanfu.desk.ports import AffairsWanted
from sanfu.runtime.fold import Done
from sanfu.runtime.http import PageAsked, own_router, taken
from sanfu.runtime.paging import Cursor


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lists are shown; those of which something is due first come first. `unit`: the holder's."""

    kind: Annotated[Literal["visit", "experience", "checkup"] | None, Query()] = None
    holder: Code = None
    unit: Unit = None
    issue: Annotated[str | None, Query(max_length=200)] = None
    ended: Annotated[bool, Query()] = False


def routes(lists: Lists, who: Who) -> list[APIRouter]:
    """Return the API's routes."""
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

    return [acting.router, router]


def _act(lists: Lists, name: str) -> Do:
    async def do(viewer: Viewer, affair: str, said: dict[str, Any], how: How) -> tuple[Done, dict[str, Any]]:
        return await lists.act(viewer, affair, Wish(name, said, how.key, version_of(how.if_match))), {}

    return do
