"""The API for a party on the line or at the window: its case by its receipt's number, and what it says written down."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path

from sanfu.desk.domain.case import NEVER
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.domain.secrecy import SECRET
from sanfu.desk.domain.table import COMMANDS, SPOKEN
from sanfu.desk.entrypoints.commanding import Commands, Do, How, Who, version_of
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.desk.entrypoints.danger import warned, warning
from sanfu.desk.receipts import Receipts
from sanfu.runtime.fold import Done

Number = Annotated[str, Path(min_length=1, max_length=40)]
WRITTEN: Final = tuple(name for name in COMMANDS if name in SPOKEN)


def routes(receipts: Receipts, who: Who) -> list[APIRouter]:
    writing, looking = Commands("receipts", who), APIRouter(prefix="/v1", tags=["receipts"])
    for name in WRITTEN:
        writing.add(f"/receipts/{{number}}/{name}", f"{name}_by_number", BODIES[name], _say(receipts, name))

    @looking.get("/receipts/{number}", operation_id="read_receipt")
    async def receipt(number: Number, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """Where the case of a party on the line stands, and what may be written down for it; every look is on record.
        For a hotline and a window, whatever channel the case came by: nothing that was written is shown."""
        case, allowed = await receipts.look(viewer, number)
        return {**stands(case), "allowed": list(allowed)}

    return [writing.router, looking]


def _say(receipts: Receipts, name: str) -> Do:
    async def do(viewer: Viewer, number: str, said: dict[str, Any], how: How) -> tuple[Done, dict[str, Any]]:
        pack = receipts.desk.city.pack
        with warned(pack, name, said):
            done = await receipts.say(viewer, number, name, said, key=how.key, if_match=version_of(how.if_match))
        return done, {**warning(pack, name, said, done.state), **stands(done.state)}

    return do


def stands(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is shown of a case to who only speaks with its party: of a confidential one no unit either, which
    would say what it is about."""
    limit = case["limit"] if case["limit"] != NEVER else None
    unit = None if case["secrecy"] in SECRET else case["unit"]
    return {"number": case["receipt"], "state": case["state"], "unit": unit, "limit": limit}
