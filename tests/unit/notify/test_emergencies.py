"""Of an emergency everything is told at once, whoever asked not to be, whatever the text says of itself."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from sanfu.contracts import names
from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain import preferences
from sanfu.notify.domain.delivery import Rejected
from tests.support.eventually import eventually
from tests.support.telling import BY, Story, contact, on_the_wire, unit, user
from tests.unit.notify.test_decency import at, lit
from tests.unit.notify.test_service import PARTY, Bench, bench, shown

__all__ = ["bench"]

ALL = {"roles": ["officer", "unit_head", "duty_officer"]}


@pytest.fixture
async def staffed(bench: Bench) -> Bench:
    """A notify that knows a unit whose one person does everything."""
    await bench.publish(unit("tax"), user("a", "tax", "officer", **ALL))
    await at(bench, "2026-05-07 10:00")
    return bench


def refuses(bench: Bench, who: str) -> None:
    """Somebody wants nothing, by no medium."""
    shelf: Any = bench.service.parts.documents
    shelf.others.setdefault("preferences", {})[who] = preferences.written(who, (), 1)


async def offered(bench: Bench, issue: str, urgency: str) -> None:
    """An issue is offered to the unit: a text that is not critical by itself."""
    story, now = Story(issue), bench.clock.now()
    data = {"by": BY, "unit": "tax", "from_unit": "water", "reason": "r"}
    submitted = story.submitted(now, contact="none", receipt=f"SF-{issue}", urgency=urgency)
    await bench.publish(on_the_wire(submitted), on_the_wire(story.tell("desk", names.HANDOVER_OFFERED, data, now)))
    await eventually(bench.quiet)


async def test_who_refused_a_medium_hears_of_an_emergency_all_the_same(staffed: Bench) -> None:
    refuses(staffed, "user:a")
    await offered(staffed, "i1", "normal")
    assert staffed.sms.got == []
    skipped = await shown(staffed, state="skipped", reason="opted_out", medium="sms")
    assert {one["template"] for one in skipped} == {"handover-head-sms", "handover-duty-sms"}
    await offered(staffed, "i2", "emergency")
    assert {m.to for m in staffed.sms.got} == {"138-a"}
    told = await shown(staffed, state="sent", subject="i2", medium="sms")
    assert {one["template"] for one in told} == {"handover-head-sms", "handover-duty-sms"}


async def test_a_number_at_which_nobody_is_said_to_be_is_tried_in_an_emergency(staffed: Bench) -> None:
    staffed.sms.script.append(Rejected("MBBLACK", dead=True))
    await lit(staffed, "i0")
    staffed.sms.got.clear()
    await offered(staffed, "i1", "normal")
    assert staffed.sms.got == []
    await offered(staffed, "i2", "emergency")
    assert {m.to for m in staffed.sms.got} == {"138-a"}


async def test_no_limit_of_a_recipient_holds_an_emergency_back_and_it_leaves_first(staffed: Bench) -> None:
    await offered(staffed, "i1", "normal")
    await offered(staffed, "i2", "emergency")
    assert [m.critical for m in staffed.sms.got] == [False, True, True], "the emergency in each capacity"
    assert {one["critical"] for one in await shown(staffed, subject="i2")} == {True}


@pytest.mark.parametrize(
    ("urgency", "reach", "told"),
    [("emergency", {}, 1), ("emergency", {"duty_phone": "0579-1"}, 0), ("normal", {}, 0)],
    ids=["rings nowhere", "a duty phone", "no emergency"],
)
async def test_an_emergency_that_rings_nowhere_is_told_to_the_story_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, urgency: str, reach: dict[str, str], told: int
) -> None:
    short = dict.fromkeys(steps.PATIENCE, timedelta(0))
    monkeypatch.setattr(steps, "PATIENCE", short)  # it is of real time
    await bench.publish(unit("tax", **{"duty_phone": None, "mailbox": None, **reach}))
    await at(bench, "2026-05-07 10:00")
    await offered(bench, "i1", urgency)
    failed = [orjson.loads(one.value or b"") for one in await bench.reported(names.DELIVERY_FAILED)]
    assert [(one["recipient"], one["unit"], one["reason"]) for one in failed] == [
        ("duty_officer", "tax", "nowhere")
    ] * told
    unheard = bench.service.parts.registry.get_sample_value("sanfu_notify_unheard_total")
    assert bool(unheard) == bool(told)


async def test_a_party_hears_in_an_emergency_by_what_it_refused(bench: Bench) -> None:
    refuses(bench, "party:i1")
    await bench.publish(contact("i1", party=PARTY))
    story = Story("i1")
    await bench.publish(on_the_wire(story.submitted(urgency="emergency")), on_the_wire(story.closed()))
    await at(bench, "2026-05-06 10:00")
    assert {one["state"] for one in await shown(bench, subject="i1")} == {"sent"}


async def test_what_is_held_when_its_issue_becomes_an_emergency_passes_too(staffed: Bench) -> None:
    await at(staffed, "2026-05-07 22:00")
    for issue in ("i1", "i2"):
        await lit(staffed, issue)
    refuses(staffed, "user:a")
    data = {"by": BY, "before": "normal", "urgency": "emergency", "reason": "r"}
    raised = Story("i1", {"desk": 0}).tell("desk", names.URGENCY_CHANGED, data, staffed.clock.now())
    await staffed.publish(on_the_wire(raised))
    await at(staffed, "2026-05-08 07:59")
    before = len(staffed.sms.got)
    await at(staffed, "2026-05-08 08:00")
    assert [(m.to, m.critical) for m in staffed.sms.got[before:]] == [("138-a", True)], "the list tells of it"
