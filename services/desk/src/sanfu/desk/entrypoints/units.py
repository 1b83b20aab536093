"""The city's units, for whoever writes a program: what the pack says of them to everybody, no phones and no people."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query

from sanfu.city.model.who import Unit
from sanfu.city.vocabulary import UNIT_KINDS
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.commanding import Who
from sanfu.desk.handlers import Desk
from sanfu.runtime.http import PageAsked, own_router
from sanfu.runtime.paging import Cursor
from sanfu.runtime.rules import Refusal

Code = Annotated[str | None, Query(pattern=r"^[a-z0-9-]{2,40}$")]


def routes(desk: Desk, who: Who) -> APIRouter:
    """Make the routes; who may come in at all may know which units there are."""
    router = own_router("/v1", tags=["units"])

    @router.get("/units", operation_id="list_units")
    async def units(
        _: Annotated[Viewer, Depends(who)], page: PageAsked,
        kind: Annotated[str | None, Query(max_length=40)] = None, parent: Code = None, topic: bool | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Units by code: `topic`, whether a unit's own system is given topics; `there`, whether it is there today;
        those that are gone name who goes on with their work. Filters: `kind`, `parent`, `topic`."""
        if kind is not None and kind not in UNIT_KINDS:
            wrong = {"field": "query.kind", "problem": "unknown", "expected": f"one of {', '.join(UNIT_KINDS)}"}
            raise Refusal(422, "invalid-input", "Not as it should be: query.kind.", errors=[wrong])
        wanted = {"kind": kind, "parent": parent, "topic": topic}
        pack, today = desk.city.pack, desk.clock.now().astimezone(ZoneInfo(desk.city.pack.zone)).date()
        rows = [_shown(one, there=one.valid_on(today)) for _, one in sorted(pack.units.items())]
        rows = [one for one in rows if all(value in {None, one[name]} for name, value in wanted.items())]
        after = page.after.id if page.after else ""
        return page.of([one for one in rows if one["code"] > after], lambda one: Cursor(None, one["code"]))

    return router


def _shown(unit: Unit, *, there: bool) -> dict[str, Any]:
    ends = {"valid_from": unit.valid_from, "valid_to": unit.valid_to}
    return {
        "code": unit.code, "names": {"zh": unit.name_zh, "en": unit.name_en}, "kind": unit.kind, "parent": unit.parent,
        "topic": unit.has_topic, "there": there, **{name: day and day.isoformat() for name, day in ends.items()},
        "succeeded_by": unit.succeeded_by,
    }  # fmt: skip
