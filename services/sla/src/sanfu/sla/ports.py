"""What sla's lists need of a store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sanfu.runtime.paging import Page

Row = Mapping[str, Any]
"""A clock that runs: {issue, clock, unit, round, version, starts, limit, yellow, light, resting}."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What clocks somebody asks for; None: any."""

    light: str | None = None
    unit: str | None = None
    clock: str | None = None

    def conditions(self) -> dict[str, str]:
        asked = {"light": self.light, "unit": self.unit, "clock": self.clock}
        return {name: value for name, value in asked.items() if value is not None}


class Clocks(Protocol):
    """The clocks that run. Every method may raise StoreDown."""

    async def page(self, wanted: Wanted, page: Page) -> Sequence[Row]:
        """Return up to `page.limit + 1` of them behind the cursor, by limit, then issue and clock."""
        ...

    async def without_calendar(self) -> int:
        """Count the issues with a clock reckoned for a year whose holidays were not known."""
        ...


def place(row: Row) -> tuple[str, str]:
    """Return where a row stands in the list's order."""
    return row["limit"], f"{row['issue']} {row['clock']}"
