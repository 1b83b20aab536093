"""What hooks need of a store: the records on their way, and how each hook does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sanfu.notify.domain.delivery import Outcome
from sanfu.notify.domain.hooks import HookRecord
from sanfu.runtime.paging import Page

AT_ONCE = 8
"""Calls under way to one endpoint."""


@dataclass(frozen=True, slots=True)
class HookSeen:
    """How a hook does, as the process that posts to it last said."""

    at: datetime
    state: str
    why: str | None
    gone: str | None = None
    """The mark of the address that said it is gone (410); another address is not gone."""


@dataclass(frozen=True, slots=True)
class HookStanding:
    """How many records of a hook wait, since when the oldest does, and how many are parked."""

    waiting: int = 0
    oldest: datetime | None = None
    parked: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call. `said` is the beginning of what the endpoint answered."""

    outcome: Outcome
    why: str
    seconds: float
    status: int | None = None
    said: str = ""


class HookEndpoint(Protocol):
    """Where a unit's records are posted to."""

    @property
    def host(self) -> str:
        """The address without its path, which may hold a secret of the endpoint's own."""
        ...

    @property
    def mark(self) -> str:
        """What this very address is known by."""
        ...

    async def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post a record, signed under its `ce-id`. Raises nothing but the caller's cancellation."""
        ...

    async def close(self) -> None: ...


class HookStore(Protocol):
    """The records of units that have a hook. Every method may raise StoreDown; what is written is journaled.

    Of the waiting records of an issue the first has an `again`; whatever dies in between, `promote` sees to that.
    """

    async def prepare(self) -> None: ...

    async def keep(self, records: Sequence[HookRecord], now: datetime) -> None:
        """Put those in that are not there yet, and promote their issues."""
        ...

    async def ripe(self, unit: str, until: datetime, limit: int) -> list[HookRecord]:
        """Records with `again` by this instant, those that were to go earliest first."""
        ...

    async def settle(self, record: HookRecord) -> None:
        """Write what became of a record, if it still waits as it did when it was posted: one that was parked and sent
        again meanwhile waits anew. That it was taken is written whatever became of it since."""
        ...

    async def next_of(self, unit: str, issue: str, now: datetime) -> HookRecord | None:
        """Promote an issue; return its first waiting record, if that may go now."""
        ...

    async def promote(self, unit: str, now: datetime) -> None:
        """Let the first waiting record of each issue of a unit go, where none is to go."""
        ...

    async def hurry(self, unit: str, now: datetime) -> None:
        """Let all that were put off go now: the endpoint is back."""
        ...

    async def park(self, unit: str, why: str, since: datetime) -> int:
        """Park what waits since then or longer; answer how many."""
        ...

    async def unpark(self, unit: str, now: datetime, limit: int) -> int:
        """Have up to so many parked ones, the oldest first, wait from now on; answer how many."""
        ...

    async def parked(self, unit: str, page: Page) -> list[HookRecord]:
        """Up to `page.limit + 1` parked ones, by (event): without headers and bodies."""
        ...

    async def standing(self, units: Sequence[str]) -> Mapping[str, HookStanding]: ...

    async def ripe_count(self, units: Sequence[str], now: datetime) -> int: ...

    async def claim(self, unit: str, holder: str, now: datetime, until: datetime) -> bool:
        """Hold a hook until then, unless somebody else does: of two processes one posts to it."""
        ...

    async def see(self, unit: str, seen: HookSeen) -> None:
        """Note how a hook does; one that nobody ever held is not there."""
        ...

    async def show(self, unit: str, seen: HookSeen, mark: str) -> bool:
        """Note how a hook that somebody holds does, unless the address of this mark has said that it is gone; tell
        whether it has not."""
        ...

    async def seen(self, units: Sequence[str]) -> Mapping[str, HookSeen]: ...
