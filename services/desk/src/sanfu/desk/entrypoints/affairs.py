"""The API of orders, meetings and tasks."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from sanfu.desk.affairs import Affairs, Wish
from sanfu.desk.domain.affairs.rules import offered
from sanfu.desk.domain.affairs.state import NEVER
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.commanding import (
    Commands,
    Do,
    How,
    Who,
    answered,
    tagged,
    title,
    version_of,
)
from sanfu.desk.entrypoints.commands.affairs import BODIES, MAKING
from sanfu.desk.entrypoints.http import Code, Unit
from sanfu.desk.ports import AffairsWanted, Document
from sanfu.runtime.fold import Done
from sanfu.runtime.http import PageAsked, own_router, taken
from sanfu.runtime.paging import Cursor

AffairId = Annotated[str, Path(min_length=1, max_length=300)]
HIDDEN = frozenset(
    {
        "p",
        "seen",
        "out",
        "outbox",
        "applied",
        "due",
        "parked",
        "secrecy",
        "audience",
        "channel",
        "party_code",
        "filer",
        "_id",
        "ver",
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which affairs a list shows; those due first come first. `issue`: those that bear upon it, ended ones too."""

    unit: Unit = None
    state: Code = None
    issue: Annotated[str | None, Query(max_length=200)] = None
    ended: Annotated[bool, Query()] = False


def routes(affairs: Affairs, who: Who) -> list[APIRouter]:
    """Return the API's routes: the same for each kind of affair."""
    acting, router = Commands("affairs", who), own_router("/v1", tags=["affairs"])
    for what, bodies in BODIES.items():
        if what in MAKING:
            _making(router, affairs, who, what)
        for name, model in bodies.items():
            acting.add(f"/{what}s/{{affair}}/{name}", f"{name}_{what}", model, _act(affairs, what, name))
        _reading(router, affairs, who, what)
    return [acting.router, router]


def _act(affairs: Affairs, what: str, name: str) -> Do:
    async def do(viewer: Viewer, affair: str, said: dict[str, Any], how: How) -> tuple[Done, dict[str, Any]]:
        wish = Wish(name, said, how.key, version_of(how.if_match))
        return await affairs.act(viewer, affair, what, wish), {}

    return do


def _making(router: APIRouter, affairs: Affairs, who: Who, what: str) -> None:
    name, model = MAKING[what]

    @router.post(f"/{what}s", operation_id=f"{name}_{what}", status_code=201, summary=title(model))
    async def make(
        body: model,  # type: ignore[valid-type]
        how: Annotated[How, taken(How)],
        response: Response,
        viewer: Annotated[Viewer, Depends(who)],
    ) -> dict[str, Any]:
        said: dict[str, Any] = body.model_dump(mode="json")  # type: ignore[attr-defined]
        id, done = await affairs.make(viewer, what, Wish(name, said, how.key))
        response.headers.update(tagged(done))
        return answered(id, done)


def _reading(router: APIRouter, affairs: Affairs, who: Who, what: str) -> None:
    @router.get(f"/{what}s", operation_id=f"list_{what}s")
    async def listing(
        viewer: Annotated[Viewer, Depends(who)], page: PageAsked, asked: Annotated[Asked, taken(Asked)]
    ) -> dict[str, Any]:
        """Open ones, what is due first first; ended ones with `ended=true`."""
        rows = await affairs.page(viewer, AffairsWanted(what, **asdict(asked)), page)
        answer = page.of(rows, lambda one: Cursor(one["limit"], one["_id"]))
        return {**answer, "items": [_shown(one) for one in answer["items"]]}

    @router.get(f"/{what}s/{{affair}}", operation_id=f"read_{what}")
    async def reading(affair: AffairId, response: Response, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """One of them, its history, and the commands it offers to the asker."""
        found = await affairs.affair(viewer, affair, what)
        response.headers["ETag"] = f'"{found["ver"]}"'
        return {**_shown(found), "allowed": list(offered(found, affairs.desk.scope(viewer)))}


def _shown(affair: Document) -> dict[str, Any]:
    shown = {name: value for name, value in affair.items() if name not in HIDDEN}
    limit = None if affair["limit"] == NEVER else affair["limit"]
    return {"id": affair["_id"], "version": affair["ver"], **shown, "limit": limit}
