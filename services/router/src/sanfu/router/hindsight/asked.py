"""What a look back is asked for: a period, rules to try, where it is written to."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from sanfu.city.loading import load
from sanfu.city.reporting import told
from sanfu.router.domain.rules import RouterRules
from sanfu.router.handlers import rules_of, unfit_model
from sanfu.router.hindsight.cases import Period

RULES = "rules.yaml"
LOOKED_BACK = 30
"""Days, where nobody says since when."""


class Unusable(Exception):
    """What was asked for can't be done: why, and what would be right. May have several lines."""


def period_of(since: str | None, until: str | None, zone: str, now: datetime) -> Period:
    """Read a period: days are those of the city. Raises Unusable."""
    begin = _instant("--since", since or f"{LOOKED_BACK}d", zone, now)
    end = _instant("--until", until, zone, now) if until else now + timedelta(milliseconds=1)
    if begin >= end:
        raise Unusable(f"--since {since} is not before --until {until or 'now'}")
    return Period(begin, end)


def _instant(option: str, text: str, zone: str, now: datetime) -> datetime:
    try:
        if back := re.fullmatch(r"([0-9]{1,6})d", text):
            return now - timedelta(days=int(back[1]))
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unusable(f"{option} {text!r} is no date: write 2026-11-01, or 30d for thirty days back") from None


def rules_with(root: Path, file: Path, day: date) -> RouterRules:
    """Make the rules of a pack with another rules.yaml. Raises Unusable with the place of each mistake."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Unusable(f"{file} can't be read: {error.strerror}") from error
    found = load(root, day, [unfit_model], {RULES: content})
    problems = [replace(each, file=str(file)) if each.file == RULES else each for each in found.problems]
    lines = "\n".join(line for each in problems for line in told(each))
    if found.pack is None:
        raise Unusable(f"{lines}\n{file} can't be used")
    if lines:
        sys.stderr.write(f"{lines}\n")
    return rules_of(found.pack)


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """Write to standard output, or a file that is there only once it is whole."""
    if path is None:
        yield sys.stdout
        return
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            yield file
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
