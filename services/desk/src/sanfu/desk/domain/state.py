"""What a case is made of: plain data, never changed in place."""

from collections.abc import Callable, Mapping
from typing import Any

from sanfu.contracts.envelope import Event

Case = Mapping[str, Any]
Change = dict[str, Any]
"""What an event changes in a case."""
Fold = Callable[[Case, Event], Change | None]
"""Say what an event changes; None: nothing at all, it is not even worth a line in the history."""


def standing(case: Case) -> str:
    """Return the state it is in; of what rests, the one that it goes back to."""
    left: str | None = (case["suspension"] or {}).get("left")
    return left or str(case["state"])


def waiting(case: Case, **at: str | None) -> Change:
    """Wait for these instants, by name (see `waits`); None: no longer."""
    return {"waits": {name: when for name, when in {**case["waits"], **at}.items() if when is not None}}
