"""The units' hooks: `GET /v1/hooks`, what is parked, sending that again, and a test. No texts of issues."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from sanfu.contracts.envelope import instant
from sanfu.notify.handlers.hooks import HookPost
from sanfu.notify.hook_ports import HookSeen, HookStanding, HookStore
from sanfu.runtime.http import Guard, PageAsked, own_router
from sanfu.runtime.paging import Cursor
from sanfu.runtime.rules import Refusal


class HookShown(BaseModel):
    """One unit's hook. Instants are UTC, by the machine's own clock."""

    unit: str
    host: str = Field(description="Where it posts to; the path is not shown, for it may hold a secret")
    state: str = Field(
        description="well; slowed: asked for a pause; rests: left alone; probed; gone (410); new; "
        "no_topic: Kafka shows notify no topic of this unit; wrong: its entry was set aside, `why` says what is wrong"
    )
    why: str | None = Field(
        description="What came of the last call: http_200, http_500, unreachable, address_private …"
    )
    at: str | None = Field(description="When that was last looked at")
    waiting: int = Field(description="Records that are to be posted")
    oldest: str | None = Field(description="Since when the oldest of them waits")
    parked: int = Field(description="Records that were tried for 24 hours, or came when it was gone")


class HooksShown(BaseModel):
    items: list[HookShown]


class ParkedShown(BaseModel):
    """A record that is posted no more. What is in it stands on the unit's topic."""

    event: str
    issue: str
    type: str
    since: str = Field(description="When it was read, or last sent again")
    tries: int
    why: str | None


class ParkedsShown(BaseModel):
    items: list[ParkedShown]
    next: str | None


class Resent(BaseModel):
    resent: int = Field(description="Records that wait again; the oldest first")
    parked: int = Field(description="Those that are still parked: ask again")


class Tested(BaseModel):
    """What the endpoint said to a signed event of the type `sanfu.hook.test.v1`."""

    taken: bool
    why: str
    status: int | None = Field(description="Its HTTP status; absent: there was no answer")
    seconds: float
    said: str = Field(description="The beginning of its answer")


def routes(
    hooks: Mapping[str, HookPost],
    store: HookStore,
    guard: Guard,
    *,
    has_topic: Callable[[str], Awaitable[bool]],
    rehearsal: bool,
    wrong: Mapping[str, str],
) -> APIRouter:
    """Make the routes; `guard` lets through who may read the delivery log. In a rehearsal nothing is posted. `wrong`:
    what is wrong with each entry that was set aside."""
    router = own_router("/v1/hooks", tags=["hooks"], dependencies=[Depends(guard)])

    def known(unit: str) -> HookPost:
        if unit in wrong:
            mend = "Mend it, ask ./sanfu providers check FILE, restart notify."
            raise Refusal(409, "hook-set-aside", f"The entry of this unit is wrong: {wrong[unit]}. {mend}")
        if unit not in hooks:
            raise Refusal(404, "no-such-hook", "No hook of this unit stands in the file of providers, under `units`.")
        return hooks[unit]

    def posting(unit: str) -> HookPost:
        if rehearsal:
            raise Refusal(409, "rehearsal", "This is a rehearsal: nothing leaves. Unset SANFU_REHEARSAL.")
        return known(unit)

    @router.get("")
    async def listed() -> HooksShown:
        """List the hooks: how each does, what waits and what is parked."""
        units = sorted(hooks)
        standing, seen = await store.standing(units), await store.seen(units)
        items = [_shown(hooks[unit], standing[unit], seen.get(unit)) for unit in units]
        for one in items:
            if not await has_topic(one.unit):
                one.state = "no_topic"
        return HooksShown(items=[*items, *(_set_aside(unit, why) for unit, why in sorted(wrong.items()))])

    @router.get("/{unit}/parked")
    async def parked(unit: str, page: PageAsked) -> ParkedsShown:
        """List what is parked, by event."""
        known(unit)
        answer = page.of(await store.parked(unit, page), lambda one: Cursor(None, one.event))
        items = [
            ParkedShown(
                event=one.event, issue=one.issue, type=one.type, since=instant(one.since), tries=one.tries, why=one.why
            )
            for one in answer["items"]
        ]
        return ParkedsShown(items=items, next=answer["next"])

    @router.post("/{unit}/parked/resend", status_code=202)
    async def resend(unit: str, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000) -> Resent:
        """Post what is parked again, the oldest first; also to an endpoint that had said it is gone."""
        hook = posting(unit)
        found = await hook.unparked(limit)
        return Resent(resent=found, parked=(await store.standing([unit]))[unit].parked)

    @router.post("/{unit}/test")
    async def test(unit: str) -> Tested:
        """Post a signed test event now, and tell what the endpoint said. It is on no topic and is not tried again."""
        answer = await posting(unit).test()
        taken = answer.status is not None and 200 <= answer.status < 300
        return Tested(taken=taken, why=answer.why, status=answer.status, seconds=answer.seconds, said=answer.said)

    return router


def _shown(hook: HookPost, standing: HookStanding, seen: HookSeen | None) -> HookShown:
    if seen is not None and seen.gone not in (None, hook.endpoint.mark):
        seen = None
    return HookShown(
        unit=hook.unit, host=hook.endpoint.host, state=seen.state if seen else "new", why=seen.why if seen else None,
        at=_written(seen.at if seen else None), waiting=standing.waiting, oldest=_written(standing.oldest),
        parked=standing.parked,
    )  # fmt: skip


def _set_aside(unit: str, why: str) -> HookShown:
    return HookShown(unit=unit, host="", state="wrong", why=why, at=None, waiting=0, oldest=None, parked=0)


def _written(at: datetime | None) -> str | None:
    return None if at is None else instant(at)
