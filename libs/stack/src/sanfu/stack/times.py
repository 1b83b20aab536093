"""Instants and spans as the command line shows and reads them."""

import re
from datetime import UTC, datetime, timedelta

from sanfu.contracts.envelope import instant, moment
from sanfu.runtime.clock import AnchoredClock
from sanfu.stack.notify_doors import elsewhere
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"([1-9]\d{0,4})([mhd])")


def now_of(stack: Stack) -> datetime:
    """Return the instant it is for a stack's services: a demonstration has a clock of its own."""
    anchored = stack.plan.anchored and not elsewhere()
    return AnchoredClock(stack.places.clock).now() if anchored else datetime.now(UTC)


def since(text: str, now: datetime, option: str = "--since") -> str | None:
    """Read `30m`, `8h`, `7d`, an instant or a date with its zone; `all` is None. Raises PartError."""
    if text == "all":
        return None
    if found := _SPAN.fullmatch(text):
        return instant(now - timedelta(**{UNITS[found[2]]: int(found[1])}))
    try:
        return instant(moment(text))
    except (ValueError, OverflowError):
        raise PartError(f"{option} takes 30m, 8h, 7d, 2026-05-01T08:00+08:00 or all, not {text}") from None


def span(seconds: float) -> str:
    """Say how long, in its largest unit."""
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} s"


def ago(text: str, now: datetime) -> str:
    """Say when an instant was, or will be, from now."""
    seconds = (now - moment(text)).total_seconds()
    return f"{span(seconds)} ago" if seconds >= 0 else f"in {span(-seconds)}"
