"""sla's API: the clocks that run, those of one issue, and how a deadline comes about."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from sanfu.contracts.events.words import Code, Unit
from sanfu.runtime.http import Guard, PageAsked, own_router
from sanfu.runtime.paging import Cursor
from sanfu.runtime.rules import Refusal
from sanfu.sla.domain.rules import SlaRules
from sanfu.sla.explaining import WrongCase, explain
from sanfu.sla.ports import Clocks, Of, Row, Wanted, place

StateOf = Callable[[str], Awaitable[Mapping[str, Any] | None]]
"""An issue's document, or None."""
InUse = Callable[[], SlaRules]


class ClockShown(BaseModel):
    """A clock that runs."""

    issue: str = Field(description="The issue, or the order or task")
    clock: str
    about: str | None = Field(description="The assist it is kept for, such as assist:2; none: the subject itself")
    unit: str = Field(description="Unit in charge of keeping it")
    round: int
    version: int = Field(description="Version of its deadline")
    starts: str
    yellow: str | None
    limit: str = Field(description="Red from this instant on")
    light: Literal["none", "yellow", "red"]
    resting: bool
    unknown_year: int | None = Field(description="Holidays of this year were not known when it was reckoned")


class ClockPage(BaseModel):
    items: list[ClockShown]
    next: str | None


def routes(clocks: Callable[[Of], Clocks], state_of: StateOf, in_use: InUse, guard: Guard) -> APIRouter:
    """Make the routes; `guard` lets through who may see clocks: units' failings are no public matter."""
    router = own_router("/v1/clocks", tags=["clocks"], dependencies=[Depends(guard)])

    @router.get("")
    async def running(
        page: PageAsked,
        light: Annotated[Literal["none", "yellow", "red"] | None, Query(description="Light that is on")] = None,
        unit: Annotated[Unit | None, Query(description="Unit in charge")] = None,
        clock: Annotated[Code | None, Query(description="Which clock")] = None,
        of: Annotated[Of, Query(description="Clocks of issues, or of orders and tasks")] = "issues",
    ) -> ClockPage:
        """List the clocks that run, the earliest limit first."""
        rows = await clocks(of).page(Wanted(light, unit, clock), page)
        return ClockPage(**page.of(rows, _cursor))

    @router.get("/{issue}")
    async def of_issue(issue: str) -> dict[str, Any]:
        """Show every clock that an issue had, with its light and how it stands."""
        state = await _known(state_of, issue)
        return {"issue": issue, "clocks": in_use().shown(state)}

    @router.get("/{issue}/{clock}/explanation")
    async def explained(issue: str, clock: str) -> dict[str, Any]:
        """Say step by step how the deadline comes about, by the pack in use."""
        state = await _known(state_of, issue)
        found = in_use().explained(state, clock)
        if found is None:
            raise Refusal(404, "no-such-clock", f"{issue} has no clock {clock} that the pack in use knows")
        return {"announced": state["clocks"][clock]["limit"], **found.plain()}

    @router.post("/explain")
    def explained_case(case: dict[str, Any]) -> dict[str, Any]:
        """Reckon a case given as data, over the pack in use. Nothing is kept."""
        try:
            rules = in_use()
            return explain(case, rules.pack, national=rules.holidays).plain()
        except WrongCase as wrong:
            field, _, expected = str(wrong).partition(": ")
            error = {"field": f"$.{field}".removesuffix(".case"), "problem": "wrong", "expected": expected}
            raise Refusal(422, "invalid-input", str(wrong), errors=[error]) from None

    return router


def _cursor(row: Row) -> Cursor:
    return Cursor(*place(row))


async def _known(state_of: StateOf, issue: str) -> Mapping[str, Any]:
    state = await state_of(issue)
    if state is None:
        raise Refusal(404, "no-such-issue", f"sla has heard of no issue {issue}")
    return state
