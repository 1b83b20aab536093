"""sla's API for replans: look at what would change, begin, see how far it is."""

import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from sanfu.contracts.envelope import instant
from sanfu.runtime.http import Guard, own_router
from sanfu.runtime.rules import Refusal
from sanfu.sla.handlers import Replanning
from sanfu.sla.ports import Replan


class Lines(StreamingResponse):
    """JSON objects, one a line."""

    media_type = "application/x-ndjson"


class Wish(BaseModel):
    """What somebody wants replanned."""

    model_config = ConfigDict(extra="forbid")

    pack: Annotated[str | None, Field(max_length=80)] = Field(
        None, description="Version that was looked at: refused if another is in use by now"
    )


class Progress(BaseModel):
    """How far a replan is."""

    id: str
    pack: str = Field(description="Version of the pack it reckons by")
    state: Literal["running", "waiting", "done", "superseded"] = Field(
        description="waiting: its pack is not the one in use here (yet, or any more)"
    )
    started_at: str
    ended_at: str | None
    partitions: int
    partitions_done: int
    looked: int = Field(description="Issues looked at")
    changed: int = Field(description="Issues of which any clock changed")
    left: int = Field(description="Issues that wait for an operator, and were left as they are")


def replan_routes(replanning: Replanning, partitions: Callable[[], int], guard: Guard) -> APIRouter:
    """Make the routes; `guard` lets through who may replan."""
    router = own_router("/v1/replan", tags=["replan"], dependencies=[Depends(guard)])

    @router.post("", status_code=202)
    async def begin(wish: Wish) -> Progress:
        """Begin a replan by the pack in use; the same again answers the one that runs. It goes on by itself, and after
        a crash from where it was."""
        in_use = replanning.rules().pack.version
        if wish.pack not in (None, in_use):
            raise Refusal(
                409, "pack-changed", f"the pack in use is {in_use}, not {wish.pack}: look at the changes again"
            )
        return _shown(await replanning.begin(uuid.uuid4().hex, partitions()), in_use)

    @router.get("")
    async def progress() -> Progress:
        """Show the newest replan."""
        newest = await replanning.replans.newest()
        if newest is None:
            raise Refusal(404, "no-replan", "there has been no replan: POST /v1/replan begins one")
        return _shown(newest, replanning.rules().pack.version)

    @router.get("/changes", response_class=Lines)
    async def changes() -> Lines:
        """List what a replan would change, one JSON object a line, the counts last. Nothing is changed. A list without
        counts was cut off."""
        return Lines(_lines(replanning.changes(partitions())))

    return router


async def _lines(rows: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    async for row in rows:
        yield orjson.dumps(row) + b"\n"


def _shown(replan: Replan, in_use: str) -> Progress:
    state: Literal["running", "waiting", "done", "superseded"] = "running" if replan.pack == in_use else "waiting"
    if not replan.runs:
        state = "superseded" if replan.superseded else "done"
    return Progress(
        id=replan.id, pack=replan.pack, state=state, started_at=instant(replan.started_at),
        ended_at=instant(replan.ended_at) if replan.ended_at else None, partitions=replan.partitions,
        partitions_done=len(replan.done), looked=replan.looked, changed=replan.changed, left=replan.left,
    )  # fmt: skip
