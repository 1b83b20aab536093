"""When words of danger make a difference to a case: in doubt it is an emergency, until a person says no."""

from typing import Final

from sanfu.city.vocabulary import URGENCIES
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.table import (
    CLOSED,
    FOLLOWED_UP,
    HANDLED,
    MERGED,
    PETITION_REVIEW,
    REGISTERED,
    REOPEN_REQUESTED,
    TABLE,
)

ALARM: Final = "emergency"
OVER_ONCE: Final = frozenset({HANDLED, FOLLOWED_UP, REOPEN_REQUESTED, PETITION_REVIEW, REGISTERED})
"""States in which nobody works on it now: an emergency can't be left in one."""


def apart(case: Case) -> bool:
    """Tell whether an alarm takes it out of the issue that it was merged into: nobody leads it by itself."""
    return case["head"] is not None and (case["state"] == MERGED or not case["unit"])


def heeded(case: Case, urgency: str) -> bool:
    """Tell whether words that speak of so much urgency ask for something. What was led and is closed (while its party
    still wrote) is handled again; of other ends intake says that nothing is added to them."""
    if urgency == ALARM and (case["state"] in {*OVER_ONCE, MERGED} or (case["state"] == CLOSED and _led(case))):
        return True
    more = URGENCIES.index(urgency) > URGENCIES.index(case["urgency"])
    return more and (case["state"], "raise_urgency", "system") in TABLE


def _led(case: Case) -> bool:
    return case["unit"] is not None or case["head"] is not None
