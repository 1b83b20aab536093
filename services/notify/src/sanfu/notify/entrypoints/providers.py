"""How the providers do, as this process sees it: `GET /v1/providers`."""

from collections.abc import Mapping

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from sanfu.notify.handlers.carrier import Carrier
from sanfu.runtime.http import Guard, own_router


class ProviderShown(BaseModel):
    """One provider of one medium."""

    medium: str
    provider: str
    state: str = Field(description="well; rests: left alone; probed: taken up again little by little; slowed")
    why: str | None = Field(description="What it said last when it took nothing")
    wait: float = Field(description="Seconds until it may be given one more; 0: now")
    room: int = Field(description="Messages that it may be given now; 1000000: as many as there are")
    under_way: int


class ProvidersShown(BaseModel):
    items: list[ProviderShown]


def routes(carriers: Mapping[str, Carrier | None], guard: Guard) -> APIRouter:
    """Make the route; `guard` lets through who may read the log."""
    router = own_router("/v1/providers", tags=["providers"], dependencies=[Depends(guard)])

    @router.get("")
    async def listed() -> ProvidersShown:
        """List the providers of each medium in the order in which they are asked."""
        return ProvidersShown(items=[one for carrier in carriers.values() if carrier for one in _shown(carrier)])

    return router


def _shown(carrier: Carrier) -> list[ProviderShown]:
    now = carrier.now()
    return [
        ProviderShown(
            medium=carrier.medium, provider=line.name, state=line.state(now), why=line.why,
            wait=round(line.wait(now), 1), room=line.room(now), under_way=line.under_way,
        )
        for line in carrier.lines
    ]  # fmt: skip
