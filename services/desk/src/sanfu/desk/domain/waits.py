"""What a case waits for by itself: a reminder, an expiry. `waits`: name → instant. Limits and lights are sla's alone.

Who begins to wait writes the instant into the event, so that it does not depend on a pack or calendar at folding.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from sanfu.contracts.envelope import moment
from sanfu.desk.domain.deeds import following, limits, reviewing
from sanfu.desk.domain.deeds.deed import Deed
from sanfu.desk.domain.state import Case
from sanfu.runtime.rules import Draft

ENDS: Final[Mapping[str, Callable[[Deed], list[Draft]]]] = {
    "remind_supplement": reviewing.remind_supplement,
    "close_incomplete": reviewing.close_incomplete,
    "silence": following.silence,
    "resume": limits.resume,
    "decide_extension": limits.extend_by_itself,
}
"""What the system does when nobody was faster. Each tells something whose fold ends the waiting."""


def next_of(case: Case) -> tuple[datetime, str] | None:
    """Return the earliest instant that the case waits for, and its name."""
    return min(((moment(at), name) for name, at in case.get("waits", {}).items()), default=None)
