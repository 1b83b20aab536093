"""What a receipt shows while the story goes on."""

from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names, registry
from sanfu.contracts.envelope import Event, event_id
from sanfu.intake.domain import progress
from sanfu.intake.domain.rules import IntakeRules
from tests.unit.intake.world import NOW, pack

RULES = IntakeRules(pack())
ADDED = (names.ISSUE_SUPPLEMENTED, {"number": 1, "contact": "none"})
FIRST: dict[str, Any] = {"receipt": "R", "urgency": "normal", "secrecy": "open", "place": {}}


def after(*steps: str | tuple[str, dict[str, Any]], secrecy: str = "open") -> dict[str, Any]:
    """What the receipt shows after these events, a minute apart."""
    state = RULES.evolve({}, told(names.ISSUE_SUBMITTED, {**FIRST, "secrecy": secrecy}, 0))
    for number, step in enumerate(steps, 1):
        type, data = step if isinstance(step, tuple) else (step, {})
        state = RULES.evolve(state, told(type, data, number))
    return progress.shown(state)


def told(type: str, data: dict[str, Any], minute: int) -> Event:
    id = event_id("desk", "i", minute + 1)
    return Event(id, type, "desk", "i", minute + 1, NOW + timedelta(minutes=minute), data)


def test_intake_knows_what_the_registry_says_it_reads_and_writes() -> None:
    reads, writes = registry.read_by("intake"), registry.written_by("intake")
    assert RULES.knows == (reads | writes) - {names.CONTACT_RECORD}


WAY = (
    names.REVIEW_REQUESTED, names.ISSUE_DISPATCHED, names.ISSUE_ACKNOWLEDGED, names.ISSUE_CONTACTED,
    names.ISSUE_HANDLED, names.ISSUE_FOLLOWED_UP, names.ISSUE_CLOSED,
)  # fmt: skip


def test_every_step_of_the_path_is_shown_with_its_date() -> None:
    assert [after(*WAY[:n])["state"] for n in range(len(WAY) + 1)] == list(progress.PATH)
    dates = after(*WAY)["dates"]
    assert list(dates) == list(progress.PATH)
    assert dates["handled"] == "2026-03-02T01:05:00.000Z"


@pytest.mark.parametrize("late", [names.ISSUE_ACKNOWLEDGED, names.ISSUE_CONTACTED, names.REVIEW_REQUESTED])
def test_a_late_step_of_an_assisting_unit_leads_nobody_back(late: str) -> None:
    assert after(*WAY[:5], late)["state"] == "handled"


def test_after_a_rest_it_stands_where_it_stood() -> None:
    assert after(*WAY[:3], names.ISSUE_SUSPENDED)["state"] == "suspended"
    assert after(*WAY[:3], names.ISSUE_SUSPENDED, names.ISSUE_RESUMED)["state"] == "acknowledged"
    meanwhile = after(*WAY[:2], names.ISSUE_SUSPENDED, *WAY[2:4])
    assert (meanwhile["state"], [*meanwhile["dates"]][-2:]) == ("suspended", ["acknowledged", "contacted"])
    assert after(*WAY[:2], names.ISSUE_SUSPENDED, *WAY[2:4], names.ISSUE_RESUMED)["state"] == "contacted"
    assert after(*WAY[:2], names.ISSUE_REGISTERED, *WAY[2:4])["state"] == "registered"
    assert after(names.SUPPLEMENT_ASKED, ADDED)["state"] == "submitted"
    assert after(*WAY[:3], ADDED)["state"] == "acknowledged"


def test_a_new_round_undoes_what_was_done() -> None:
    shown = after(*WAY, names.ISSUE_REOPENED)
    assert shown["state"] == "assigned"
    assert "handled" not in shown["dates"]
    assert shown["dates"]["assigned"] == "2026-03-02T01:02:00.000Z", "the first assignment is what counts"


def test_the_citys_promise_is_shown_and_no_other_clock() -> None:
    handling = (names.DEADLINE_SET, {"clock": "handling", "limit": "2026-03-05T09:00:00.000Z"})
    other = (names.DEADLINE_SET, {"clock": "acknowledge", "limit": "2026-03-02T02:00:00.000Z"})
    assert after(handling, other)["due_at"] == "2026-03-05T09:00:00.000Z"


def test_of_a_sealed_issue_only_that_it_was_handed_over() -> None:
    for shown in (
        after(*WAY, secrecy="sealed"),
        after(*WAY, (names.SECRECY_CHANGED, {"secrecy": "sealed", "title": "保密事项"})),
    ):
        assert (shown["state"], shown["dates"], shown["due_at"]) == ("handed_over", {}, None)
