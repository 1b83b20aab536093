"""What `sanfu providers` and `sanfu deliveries` show and ask."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sanfu.stack import deliveries
from sanfu.stack.cli import app
from sanfu.stack.deliveries import Resent, told_of
from sanfu.stack.delivery_words import meaning
from sanfu.stack.programs import PartError
from sanfu.stack.providers import in_vain, places, unchanged
from sanfu.stack.tables import plain, wide
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


def test_who_takes_nothing_is_shown_with_since_when_and_after_how_many_tries() -> None:
    at = datetime.now(UTC) - timedelta(hours=2)
    dead = {"in_vain": 31, "in_vain_since": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    assert in_vain(dead) == f"{at.astimezone():%m-%d %H:%M}, 2 h ago: 31 tries"
    assert in_vain({**dead, "in_vain": 1}).endswith(": 1 try")
    assert in_vain({"in_vain": 0, "in_vain_since": None}) == in_vain({}) == ""


def test_an_order_that_changed_nothing_says_so() -> None:
    aside = {"changed": False, "since": "2026-05-06T00:00:00.000Z"}
    assert "before, since 2026-05-06T00:00:00.000Z" in unchanged("p", "rest", aside)
    assert "was not put aside" in unchanged("p", "resume", aside)
    assert "nothing has changed" in unchanged("p", "try", aside)
    assert unchanged("p", "rest", {"changed": True}) == unchanged("p", "rest", {}) == ""


def test_what_was_sent_again_before_is_told_apart_from_what_is_sent_now() -> None:
    assert told_of(Resent(2, 0, [])) == "2 are on their way again, 0 are not"
    assert "1 were sent again before" in told_of(Resent(0, 1, ["x"]))


def test_the_end_of_a_span_is_read_as_its_beginning_and_a_wrong_one_named() -> None:
    assert since("2h", NOW, "--until") == "2026-05-05T22:00:00.000Z"
    with pytest.raises(PartError, match="--until takes 30m"):
        since("tomorrow", NOW, "--until")


def test_every_filter_of_a_list_of_deliveries_is_asked_of_notify(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SANFU_ROOT", str(tmp_path))
    asked = dict[str, str]()

    async def seen(_: Any, filters: dict[str, str], limit: int) -> deliveries.Seen:
        asked.update(filters)
        return deliveries.Seen([], [])

    monkeypatch.setattr(deliveries, "_seen", seen)
    given = {
        "subject": "i1", "state": "held", "medium": "sms", "provider": "city", "unit": "tax", "reason": "cap",
        "user": "u1", "template": "assigned", "event": "desk:i1:7",
    }  # fmt: skip
    options = [part for name, value in given.items() for part in (f"--{name.replace('subject', 'issue')}", value)]
    span = ["--since", "2026-05-01T00:00+08:00", "--until", "2026-05-02T00:00+08:00"]
    answer = CliRunner().invoke(app, ["deliveries", *options, "--critical", *span], catch_exceptions=False)
    assert asked == {
        **given, "critical": "true", "since": "2026-04-30T16:00:00.000Z", "until": "2026-05-01T16:00:00.000Z",
    }  # fmt: skip
    assert "before 2026-05-02" in answer.stdout


@pytest.mark.parametrize(
    ("state", "why", "said", "unsaid"),
    [
        ("queued", "unreachable", "no way to the provider", "nobody is at this address"),
        ("failed", "gave_up: unreachable", "no way to the provider", "nobody is at this address"),
        ("skipped", "unreachable: MBBLACK", "nobody is at this address", "no way to the provider"),
        ("failed", "digest: unreachable: 5.1.1", "nobody is at this address", "no way to the provider"),
    ],
)
def test_no_way_to_a_provider_is_told_apart_from_nobody_at_an_address(
    state: str, why: str, said: str, unsaid: str
) -> None:
    assert said in meaning(state, why)
    assert unsaid not in meaning(state, why)


def test_an_id_is_printed_as_it_is() -> None:
    console = wide()
    with console.capture() as shown:
        table = plain("delivery")
        table.add_row("digest:unit:water:email:1796")
        console.print(table)
    assert "digest:unit:water:email:1796" in shown.get()
