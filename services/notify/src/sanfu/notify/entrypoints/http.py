"""The delivery log: `GET /v1/deliveries`, `GET /v1/deliveries/{id}`. No addresses, no texts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from pydantic import BaseModel, ConfigDict, Field

from sanfu.city.model.templates import Medium
from sanfu.contracts.envelope import instant, moment
from sanfu.notify.domain.delivery import Delivery, DeliveryState
from sanfu.notify.handlers.numbers import Numbers
from sanfu.notify.handlers.resending import Resending
from sanfu.notify.handlers.unreachable import Unreachable
from sanfu.notify.ports import Deliveries, Tally, Wanted
from sanfu.runtime import texts
from sanfu.runtime.http import Guard, PageAsked, own_router
from sanfu.runtime.paging import Cursor
from sanfu.runtime.rules import Refusal
from sanfu.runtime.texts import Line


class DeliveryShown(BaseModel):
    """One message to one recipient by one medium. Instants are UTC."""

    id: str
    subject: str = Field(description="Issue it is about")
    number: str | None = Field(description="The issue's number, as people say it; null: a sealed issue's, an affair's")
    event: str = Field(description="Event it tells of")
    at: str = Field(description="When that happened")
    template: str
    medium: str
    recipient: str = Field(description="In what capacity somebody is told")
    unit: str | None = Field(description="Unit of the recipient")
    user: str | None = Field(description="Account of the recipient, once it was sent to one")
    policy: str = Field(description="at_most_once or at_least_once")
    critical: bool = Field(description="Of an emergency, say: it leaves first, and waits for nothing")
    state: DeliveryState
    why: str | None = Field(description="Why it is held, failed, was skipped or lost track of")
    tries: int
    digest: str | None = Field(description="The list that it is held for, or went with")
    due: str | None = Field(description="Not sent before")
    useful_until: str = Field(description="Not sent after")
    ended: str | None = Field(description="When it came to its end, by the machine's own clock")
    provider: str | None = Field(description="Provider that has it, or was silent about it")
    provider_id: str | None = Field(description="The provider's own id of it")
    again_of: str | None = Field(description="The delivery that this one repeats: see `because`")
    because: str | None = Field(description="Why: what an operator said, or that nobody was at its address")


class DeliveryWhole(DeliveryShown):
    """One delivery, and those that repeat it."""

    resent_as: list[str] = Field(description="The deliveries that repeat this one, newest first: see their `because`")


class DeliveryResent(DeliveryShown):
    """A delivery that repeats another: `again_of`."""

    changed: bool = Field(description="false: this key had it sent again before; nothing more is sent")


class DeliveriesShown(BaseModel):
    items: list[DeliveryShown]
    next: str | None


class Again(BaseModel):
    """Why somebody is told once more."""

    model_config = ConfigDict(extra="forbid")
    because: Annotated[str, Line(300)] = Field(min_length=3, description="Stays with the delivery; no personal data")


class TallyShown(BaseModel):
    """Deliveries of a medium that stand so for one reason. Instants are UTC."""

    medium: str
    state: DeliveryState
    why: str | None
    provider: str | None
    count: int
    oldest: str = Field(description="Event of the oldest")
    due: str | None = Field(description="When the first of them may be sent")
    useful_until: str = Field(description="When the first of them is of no use any more")


class TalliesShown(BaseModel):
    items: list[TallyShown]
    more: bool = Field(description="There are further groups, smaller than these")


MOST_TALLIES = 200
INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"
Key = Annotated[texts.Key, Header(alias="Idempotency-Key")]


def _moment(field: str, text: str | None) -> datetime | None:
    try:
        return None if text is None else moment(text)
    except ValueError:
        raise _wrong(field, "no_instant", "such as 2026-01-31T00:00:00.000Z") from None


def _wrong(field: str, problem: str, expected: str) -> Refusal:
    wrong = {"field": field, "problem": problem, "expected": expected}
    return Refusal(422, "invalid-input", f"Not as it should be: {field}.", errors=[wrong])


async def _wanted(  # noqa: PLR0917  # parameters of a query, never given by position
    subject: Annotated[str | None, Query(max_length=200), Line(200)] = None,
    state: DeliveryState | None = None,
    medium: Medium | None = None,
    unit: Annotated[str | None, Query(pattern=r"^[a-z0-9-]{2,40}$")] = None,
    reason: Annotated[str | None, Query(max_length=300), Line(300)] = None,
    since: Annotated[str | None, Query(pattern=INSTANT)] = None,
    provider: Annotated[str | None, Query(max_length=80), Line(80)] = None,
    critical: bool | None = None,
    user: Annotated[str | None, Query(max_length=80), Line(80)] = None,
    template: Annotated[str | None, Query(max_length=80), Line(80)] = None,
    event: Annotated[str | None, Query(max_length=300), Line(300)] = None,
    until: Annotated[str | None, Query(pattern=INSTANT)] = None,
) -> Wanted:
    """Read the filters of a list; all that are given must hold."""
    begins, ends = _moment("query.since", since), _moment("query.until", until)
    if begins is not None and ends is not None and ends <= begins:
        raise _wrong("query.until", "not_after_since", "an instant after `since`")
    return Wanted(subject, state, medium, unit, reason, begins, provider, critical, user, template, event, ends)


def routes(
    deliveries: Deliveries, resending: Resending, unreachable: Unreachable, numbers: Numbers, guard: Guard
) -> APIRouter:
    """Make the routes; `guard` lets through who may read the log."""
    router = own_router("/v1/deliveries", tags=["deliveries"], dependencies=[Depends(guard)])

    @router.get("")
    async def listed(page: PageAsked, wanted: Annotated[Wanted, Depends(_wanted)]) -> DeliveriesShown:
        """List deliveries, newest first; `reason` is the `why`, whole or what stands before a colon, `event` the id of
        the event that is told, `user` the account that it went to. Of events at `since` or later, and before `until`.
        """
        found = await deliveries.page(wanted, page)
        answer = page.of(found, lambda one: Cursor(int(one.at.timestamp() * 1000), one.id))
        known = await numbers.of(answer["items"])
        return DeliveriesShown(items=[_shown(one, known) for one in answer["items"]], next=answer["next"])

    @router.get("/counts")
    async def counted(wanted: Annotated[Wanted, Depends(_wanted)]) -> TalliesShown:
        """Count deliveries by medium, state, reason and provider, the most first; filters as of the list."""
        found = await deliveries.tally(wanted, MOST_TALLIES + 1)
        return TalliesShown(items=[_counted(one) for one in found[:MOST_TALLIES]], more=len(found) > MOST_TALLIES)

    @router.get("/{id}")
    async def one(id: str) -> DeliveryWhole:
        """Show one delivery."""
        found = await deliveries.get(id)
        if found is None:
            raise Refusal(404, "no-such-delivery", "There is no delivery with this id.")
        shown = _shown(found, await numbers.of([found]))
        return DeliveryWhole(**shown.model_dump(), resent_as=await resending.repeats(found))

    @router.post("/{id}/resend", status_code=202)
    async def resend(id: str, key: Key, wish: Again) -> DeliveryResent:
        """Tell the same recipient once more. The same key sends it once."""
        repeat, changed = await resending.again(id, key, wish.because)
        return DeliveryResent(**_shown(repeat, await numbers.of([repeat])).model_dump(), changed=changed)

    @router.delete("/{id}/unreachable", status_code=204)
    async def lift(id: str) -> None:
        """Send again to where this delivery went, which was given up because nobody was there."""
        found = await deliveries.get(id)
        if found is None:
            raise Refusal(404, "no-such-delivery", "There is no delivery with this id.")
        if found.reached is not None:
            await unreachable.lift(found.reached)

    return router


def _counted(one: Tally) -> TallyShown:
    return TallyShown(
        medium=one.medium, state=one.state, why=one.why, provider=one.provider, count=one.count,
        oldest=instant(one.oldest), due=_written(one.due), useful_until=instant(one.useful_until),
    )  # fmt: skip


def _shown(one: Delivery, numbers: Mapping[str, str]) -> DeliveryShown:
    return DeliveryShown(
        id=one.id, subject=one.subject, number=numbers.get(one.subject), event=one.event, at=instant(one.at),
        template=one.template, medium=one.medium,
        recipient=one.audience, unit=one.unit, user=one.users[0] if one.users else None, policy=one.policy,
        critical=one.critical, state=one.state, why=one.why, tries=one.tries, digest=one.digest, due=_written(one.due),
        useful_until=instant(one.useful_until),
        ended=_written(one.ended), provider=one.provider, provider_id=one.provider_id,
        again_of=one.again_of, because=one.because,
    )  # fmt: skip


def _written(at: datetime | None) -> str | None:
    return None if at is None else instant(at)
