"""The lots' seals, and their seeds once their month is over: so that anybody can check who was drawn."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path

from sanfu.desk.domain.lots import Lots, seal
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.commanding import Who
from sanfu.desk.handlers import Desk
from sanfu.runtime.http import own_router
from sanfu.runtime.rules import Refusal

Month = Annotated[str, Path(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", examples=["2026-05"])]


def routes(desk: Desk, lots: Lots, who: Who) -> APIRouter:
    """Return the route."""
    router = own_router("/v1", tags=["records"])

    @router.get("/lots/{month}", operation_id="read_lot")
    async def lot(month: Month, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """The seal of a month's lot; its seed when the month is over. A ticket is drawn if the first 8 bytes of
        HMAC-SHA256(seed, ticket), as a fraction of 2^64, are below the share."""
        if lots.secret is None:
            raise Refusal(
                409, "no-keys", "This service has no key ring and draws no lots: every ticket counts as drawn."
            )
        seed = lots.seed(month)
        over = month < f"{desk.clock.now().astimezone(ZoneInfo(desk.city.pack.zone)):%Y-%m}"
        return {"period": month, "seal": seal(seed), "seed": seed.hex() if over else None}

    return router
