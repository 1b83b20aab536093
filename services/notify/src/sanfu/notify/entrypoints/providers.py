"""How the providers do, as this process sees it, and what an operator may do about it: `/v1/providers`."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from sanfu.contracts.envelope import instant
from sanfu.notify.domain.place import said_of
from sanfu.notify.handlers.aside import Aside
from sanfu.notify.handlers.carrier import Carrier, Line
from sanfu.notify.handlers.tools import real_now
from sanfu.runtime.http import Guard, own_router
from sanfu.runtime.texts import Line as OneLine


class RateShown(BaseModel):
    most: int
    seconds: float
    left: int = Field(description="Messages that may go by it now")


class PlaceShown(BaseModel):
    """A robot or endpoint that is not well, by its name in the file of providers."""

    place: str
    state: str = Field(description="rests, probed or slowed")
    why: str | None = Field(description="What it said last when it took nothing")
    wait: float = Field(description="Seconds until it may be given one more; 0: now")
    began_ago: float | None = Field(description="Seconds since it has not been well; null: an operator had it tried")


class ProviderShown(BaseModel):
    """One provider of one medium."""

    medium: str
    provider: str
    state: str = Field(
        description="untried: given nothing since this process began; well; rests: left alone, has taken nothing "
        "since; probed: takes messages again, little by little; slowed; aside: by an operator"
    )
    why: str | None = Field(description="What it said last when it took nothing")
    failures: int = Field(description="In a row; after 5 it rests")
    in_vain: int = Field(description="Tries in a row, of which it took none")
    in_vain_since: str | None = Field(description="The first of these, by the machine's own clock")
    wait: float = Field(description="Seconds until it may be given one more; 0: now")
    room: int = Field(description="Messages that it may be given now; 1000000: as many as there are")
    under_way: int
    taken_ago: float | None = Field(description="Seconds since it took one; null: none since this process began")
    rates: list[RateShown]
    places: list[PlaceShown] = Field(description="Its robots or endpoints that are not well; the others carry")
    because: str | None = Field(description="If it was put aside: why")
    since: str | None = Field(description="If it was put aside: since when")


class ProviderOrdered(ProviderShown):
    """A provider after an order."""

    changed: bool = Field(description="false: it was so before, and stands as it did")


class ProvidersShown(BaseModel):
    items: list[ProviderShown]


class Because(BaseModel):
    """Why a provider is given nothing."""

    model_config = ConfigDict(extra="forbid")
    because: Annotated[str, OneLine(300, 3)] = Field(description="For whoever comes next; no personal data")


def routes(carriers: Mapping[str, Carrier | None], aside: Aside, guard: Guard) -> APIRouter:
    """Make the routes; `guard` lets through who may read the log."""
    router = own_router("/v1/providers", tags=["providers"], dependencies=[Depends(guard)])

    def one(medium: str, provider: str, *, changed: bool) -> ProviderOrdered:
        return ProviderOrdered(**_shown(*aside.line(medium, provider)).model_dump(), changed=changed)

    @router.get("")
    async def listed() -> ProvidersShown:
        """List the providers of each medium in the order in which they are asked."""
        return ProvidersShown(
            items=[_shown(carrier, line) for carrier in carriers.values() if carrier for line in carrier.lines]
        )

    @router.post("/{medium}/{provider}/rest")
    async def rest(medium: str, provider: str, why: Because) -> ProviderOrdered:
        """Put a provider aside: it is given nothing until `resume`, by any process, also after a restart. The next one
        of its medium carries; where there is none, messages wait. Again, it changes nothing, not the reason either."""
        return one(medium, provider, changed=await aside.put(medium, provider, why.because))

    @router.post("/{medium}/{provider}/resume")
    async def resume(medium: str, provider: str) -> ProviderOrdered:
        """Take a provider back that was put aside: two messages, then more with each that it takes."""
        return one(medium, provider, changed=await aside.back(medium, provider))

    @router.post("/{medium}/{provider}/try")
    async def probe(medium: str, provider: str) -> ProviderOrdered:
        """Give a provider that rests, or wanted no more for a while, one message now instead of then; by this process.
        One that is well is left as it is, and who was put aside stays there."""
        carrier, line = aside.line(medium, provider)
        return one(medium, provider, changed=line.hurry(carrier.now()))

    return router


def _ago(at: float | None, now: float) -> str | None:
    """Say as an instant what the carrier's own clock said."""
    return None if at is None else instant(real_now() - timedelta(seconds=now - at))


def _left(seconds: float) -> float:
    """Say how long it still is, in tenths; 0 only where it is over."""
    return max(0, ceil(seconds * 10)) / 10


def _shown(carrier: Carrier, line: Line) -> ProviderShown:
    now, aside = carrier.now(), line.aside
    return ProviderShown(
        medium=carrier.medium, provider=line.name, state=line.state(now), why=line.why, failures=line.failures,
        in_vain=line.vain.tries, in_vain_since=_ago(line.vain.since, now),
        wait=_left(line.wait(now)), room=line.room(now), under_way=line.under_way,
        taken_ago=None if line.taken is None else round(now - line.taken, 1),
        rates=[RateShown(most=rate.count, seconds=rate.seconds, left=left) for rate, left in line.left(now)],
        places=[
            PlaceShown(
                place=name, state=state, why=one.why, wait=_left(one.breaker.until - now),
                began_ago=None if one.since is None else round(now - one.since, 1),
            )
            for name, one in line.places.items() if (state := said_of(one.breaker, now)) != "well"
        ],
        because=aside and aside.because, since=aside and instant(aside.since),
    )  # fmt: skip
