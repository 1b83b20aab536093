"""What `sanfu providers` and `sanfu deliveries` show and ask."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from sanfu.stack.programs import PartError
from sanfu.stack.providers import places
from sanfu.stack.times import since

NOW = datetime(2026, 5, 6, tzinfo=UTC)
DEAD = {"place": "tax", "state": "rests", "why": "unreachable", "wait": 30.0, "began_ago": 7200.0}
TRIED = {"place": "water", "state": "probed", "why": "http_401", "wait": 0.0, "began_ago": None}


def line(table: Any, named: str) -> list[str]:
    console = Console(record=True, width=160, file=None, quiet=False)
    with console.capture() as captured:
        console.print(table)
    [found] = [one for one in captured.get().splitlines() if f" {named} " in f" {one} "]
    return found.split()


def test_places_that_are_not_well_are_shown_with_why_and_since_when() -> None:
    table = places([{"medium": "webhook", "provider": "hall", "places": [DEAD, TRIED]}, {"places": []}])
    assert line(table, "tax") == ["webhook/hall", "tax", "rests", "in", "30", "s", "2", "h", "ago", "unreachable"]
    assert line(table, "water") == ["webhook/hall", "water", "probed", "now", "http_401"]


def test_the_end_of_a_span_is_read_as_its_beginning_and_a_wrong_one_named() -> None:
    assert since("2h", NOW, "--until") == "2026-05-05T22:00:00.000Z"
    with pytest.raises(PartError, match="--until takes 30m"):
        since("tomorrow", NOW, "--until")
