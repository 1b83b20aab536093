"""What one may ask of Open311: which requests, which updates. An empty argument is as good as none."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sanfu.contracts.envelope import instant, moment
from sanfu.intake.domain.admission import EARLIEST, Fault, one_of
from sanfu.intake.domain.rules import refused
from sanfu.intake.handlers.georeports import LONGEST_SPAN, LONGEST_UPDATES
from sanfu.runtime.texts import Instant

MOST = 1000
"""Requests, or updates, of one answer: the standard's own cap."""
DEEPEST = 20_000
"""Of what is found, the last that a page may begin behind: who wants more narrows the dates."""


def _parts(given: Any) -> Any:
    """Split what is comma delimited, and may come several times."""
    if not isinstance(given, list | str):
        return given
    pieces = [given] if isinstance(given, str) else given
    return [part.strip() for piece in pieces for part in piece.split(",") if part.strip()]


Codes = Annotated[list[Annotated[str, Field(max_length=200)]], BeforeValidator(_parts), Field(max_length=MOST)]
Jurisdiction = Annotated[str | None, Field(max_length=200, description="Needed where there are several")]


class Asked(BaseModel):
    """Of every question."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jurisdiction_id: Jurisdiction = None

    @model_validator(mode="before")
    @classmethod
    def _without_empty_ones(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if value not in ("", [""], [])}


class AskedServices(Asked):
    """`lat` and `long`, of clients that ask for the services of a place."""

    lat: float | None = Field(None, ge=-90, le=90)
    long: float | None = Field(None, ge=-180, le=180)


class Pages(Asked):
    """Of lists."""

    start_date: Instant | None = Field(None, description="Earliest, in W3C's form with a zone")
    end_date: Instant | None = Field(None, description="Latest")
    page: int = Field(1, ge=1, le=DEEPEST)
    page_size: int = Field(MOST, ge=1, le=MOST)

    @property
    def skip(self) -> int:
        """Return how many come before the page. Raises Refusal."""
        before = (self.page - 1) * self.page_size
        if before > DEEPEST:
            raise refused([Fault("page", "too_far", f"at most {DEEPEST:,} before it: narrow the dates instead")])
        return before


class AskedRequests(Pages):
    """`service_request_id` overrides all the others."""

    service_request_id: Codes = []
    service_code: Codes = []
    status: Annotated[list[str], BeforeValidator(_parts), Field(max_length=10)] = []
    updated_after: Instant | None = None
    updated_before: Instant | None = None

    def statuses(self) -> list[Any]:
        """Return the statuses asked for; all if none is. Raises Refusal."""
        wrong = [one for one in self.status if one not in ("open", "closed")]
        if wrong:
            raise refused([Fault("status", "not_allowed", one_of(("open", "closed")))])
        return self.status or ["open", "closed"]

    def spans(self, now: datetime) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
        """Return when they were received, and when updated; of either 90 days at most. Raises Refusal."""
        updated = (self.updated_after, self.updated_before)
        by_update = any(updated)
        received = (self.start_date, self.end_date)
        first = _span("start_date", received, now, LONGEST_SPAN) if any(received) or not by_update else None
        return first, _span("updated_after", updated, now, LONGEST_SPAN) if by_update else None


class AskedUpdates(Pages):
    """FixMyStreet sends its key with this question, too; what it shows is for everybody."""

    api_key: Annotated[str | None, Field(max_length=200)] = None

    def span(self, now: datetime) -> tuple[str, str]:
        return _span("start_date", (self.start_date, self.end_date), now, LONGEST_UPDATES)


def _span(name: str, given: tuple[str | None, str | None], now: datetime, longest: timedelta) -> tuple[str, str]:
    """Complete a span: what is left out is so far from the other end as may be, and not after now."""
    begin, end = (moment(one) if one else None for one in given)
    if any(one < EARLIEST for one in (begin, end) if one):
        raise refused([Fault(name, "too_old", f"not before {instant(EARLIEST)}")])
    if begin is None:
        begin = (end or now) - longest
    if end is None:
        end = begin if begin > now else min(now, begin + longest)
    if end < begin:
        raise refused([Fault(name, "after_its_end", "an instant before the end of the span")])
    if end - begin > longest:
        raise refused([Fault(name, "too_long_a_span", f"at most {longest.days} days up to its end")])
    return instant(begin), instant(end)
