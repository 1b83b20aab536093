"""The router's API: why a report that nobody sent would go where it would, and why an issue went where it went."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from sanfu.contracts.events.words import Audience, Code, IssueKind, Secrecy, Unit, Urgency
from sanfu.router.domain.rules import RouterRules
from sanfu.router.explaining import account
from sanfu.router.handlers import explain
from sanfu.runtime.bodies import Body
from sanfu.runtime.http import Guard, own_router
from sanfu.runtime.texts import Instant, Line, Text

InUse = Callable[[], tuple[RouterRules, datetime]]
"""The rules in use and the time it is."""
StateOf = Callable[[str], Awaitable[Mapping[str, Any] | None]]
"""An issue's document, or None."""


Answer = bool | int | float | Annotated[str, Line(2000)] | None


class Where(Body):
    """Where the problem is."""

    town: Unit | None = Field(None, description="Town in which it lies, if that was said")
    address: Annotated[str, Line(300)] | None = Field(None, description="Address, or how to find it")
    lon: float | None = Field(None, ge=-180, le=180, description="Longitude, WGS-84 degrees")
    lat: float | None = Field(None, ge=-90, le=90, description="Latitude, WGS-84 degrees")


class ReportAsked(Body):
    """A report, as far as routing looks at it. It is neither kept nor logged."""

    channel: Code = Field(description="Channel it comes by")
    audience: Audience = Field(description="Who has the need")
    kind: IssueKind = Field("issue", description="What it is")
    urgency: Urgency = Field("normal", description="How soon somebody must act")
    secrecy: Secrecy = Field("open", description="Who may read it; decides which rules may look at the text")
    title: Annotated[str, Line(300)] = Field("", description="Title")
    text: Annotated[str, Text(20_000)] = Field("", description="Text")
    place: Where = Field(default_factory=Where, description="Where the problem is")
    category: Code | None = Field(None, description="Category chosen")
    unit: Unit | None = Field(None, description="Unit wished for")
    complains_of: list[Unit] = Field(default_factory=list, max_length=20, description="Units it complains of")
    answers: dict[Code, Answer] = Field(
        default_factory=dict, max_length=50, description="Answers to the channel's own questions"
    )
    party_code: Code | None = Field(None, description="Register code of the party, which may have a liaison")
    submitted_at: Instant | None = Field(None, description="When it is received; absent: now")


class Passed(BaseModel):
    rule: str = Field(description="A rule before the one that matched")
    on: str = Field(description="Its first condition that did not hold; `overridden`: all did, but it did not count")


class Cause(BaseModel):
    what: str = Field(description="n-gram of the text, or `words:` and `pair:` of a category, `audience:`, `channel:`")
    weight: float = Field(description="How much it speaks for the category, beside the mean of all categories")


class Guessed(BaseModel):
    unit: str = Field(description="Unit that might lead; `@town`: the place's")
    score: float = Field(description="How sure the model is, 0 to 1")
    category: str = Field(description="Category that speaks most for the unit")
    because: list[Cause] = Field(description="What weighed most for that category")


class Lies(BaseModel):
    """Where it lies, and by what that is known."""

    town: str | None = Field(description="Town, as far as anybody can tell")
    by: str | None = Field(description="`said`, `point` or `text`")
    said: str | None = Field(description="Town that was said")
    text: str | None = Field(description="Town that the words name")
    point: str | None = Field(description="Town in which the point lies")
    areas: list[str] = Field(description="Areas that hold the point")
    doubt: bool = Field(description="They contradict each other")
    disputed: bool = Field(description="So much that nobody can tell which is right")
    outside: bool = Field(description="The point lies in no town")


class Explanation(BaseModel):
    """What would happen, and why."""

    outcome: str = Field(description="`assigned` at once, or `review` by a person")
    why: str | None = Field(description="What stands in the way of assigning at once")
    reason: str = Field(description="Why, for people to read")
    unit: str | None = Field(description="Unit that would lead")
    grade: str | None = Field(description="Grade it would have")
    category: str | None = Field(description="Category it would have")
    decided_by: str | None = Field(description="`rule`, `model` or `emergency`")
    also: list[dict[str, str]] = Field(description="Further units told at once")
    suggestions: list[dict[str, Any]] = Field(description="What a reviewer would be shown, best first")
    rule: str | None = Field(description="The first rule that matches")
    place: Lies = Field(description="Where it lies")
    pack: str = Field(description="Version of the city pack")
    model: str | None = Field(description="Version of the model in use")
    guesses: list[Guessed] = Field(description="What the model makes of it, best first; of a secret report nothing")
    passed_over: list[Passed] = Field(description="The rules before it, in order")


class Right(BaseModel):
    unit: str = Field(description="Unit that was the right one")
    known_by: str = Field(description="`handled`: it led when the issue was closed; `adjudicated`: a group said so")


class Account(BaseModel):
    """Why an issue went where it went, as far as the router knows. Of a sealed one: only that a person was asked."""

    issue: str = Field(description="Its id")
    secrecy: str = Field(description="Who may read it")
    withheld: bool = Field(description="Its text is secret: nothing here was drawn from it")
    lead: str | None = Field(description="Unit that leads now")
    pack: str = Field(description="Version of the city pack in use")
    model: str | None = Field(description="Version of the model in use")
    answers: list[dict[str, Any]] = Field(
        description="What the router said, the first of all first: `what` is assigned or review; by which rule or "
        "model, with which pack"
    )
    dispatched: list[dict[str, Any]] = Field(default_factory=list, description="Leads that people decided")
    returns: list[dict[str, Any]] = Field(default_factory=list, description="Returns, with the unit each proposed")
    rulings: list[dict[str, Any]] = Field(default_factory=list, description="How returns were adjudicated")
    duplicates: list[dict[str, Any]] = Field(default_factory=list, description="Issues it was found to repeat")
    right: Right | None = Field(None, description="Who was the right one, once that is known")
    facts: dict[str, Any] = Field(default_factory=dict, description="What rules could look at, without the text")
    guesses: list[Guessed] = Field(
        default_factory=list, description="What the model in use makes of it, best first; of a secret one nothing"
    )
    passed_over: list[Passed] | None = Field(
        None, description="The rules before the one that matched; absent where the pack is another by now"
    )
    now: dict[str, Any] | None = Field(None, description="What the rules in use would say if it came in today")


def routes(in_use: InUse, state_of: StateOf, guard: Guard) -> list[APIRouter]:
    """Make the routes; `guard` lets through who may ask: the rules say how a city could be misled."""
    return [_of_reports(in_use, guard), _of_issues(in_use, state_of, guard)]


def _of_issues(in_use: InUse, state_of: StateOf, guard: Guard) -> APIRouter:
    router = own_router("/v1/issues", tags=["routing"], dependencies=[Depends(guard)])

    @router.get("/{issue}/explain")
    async def accounted(issue: str) -> Account:
        """Say why an issue went where it went, and what came of it."""
        state = await state_of(issue)
        rules, now = in_use()
        return Account(**await asyncio.to_thread(account, rules, issue, state, now))

    return router


def _of_reports(in_use: InUse, guard: Guard) -> APIRouter:
    router = own_router("/v1/route", tags=["routing"], dependencies=[Depends(guard)])

    @router.post("/explain")
    def explained(report: ReportAsked) -> Explanation:
        """Say who would lead this report and why. Nothing is sent or kept."""
        rules, now = in_use()
        return Explanation(**explain(rules, report.model_dump(), now))

    return router
