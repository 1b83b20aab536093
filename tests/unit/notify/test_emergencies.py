"""Of an emergency everything is told at once, whoever asked not to be, whatever the text says of itself."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry

from sanfu.contracts import names
from sanfu.notify.adapters.memory import memory_stores
from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain import preferences
from sanfu.notify.domain.delivery import DeliveryState, Rejected, Retry
from sanfu.notify.domain.holding import Holding
from sanfu.notify.domain.receipts import Receipt
from sanfu.notify.handlers.on_duty import untold
from sanfu.notify.handlers.receipts import Receipts
from sanfu.notify.handlers.recipients import Address, Waits
from sanfu.notify.handlers.unreachable import Unreachable
from sanfu.notify.metrics import NotifyMetrics
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.sealing import Sealer
from tests.support.eventually import eventually
from tests.support.telling import BY, KEYS, Story, contact, on_the_wire, unit, user
from tests.unit.notify.test_decency import at, lit
from tests.unit.notify.test_delivery import queued
from tests.unit.notify.test_service import PARTY, Bench, bench, shown

__all__ = ["bench"]

DEAD = Rejected("MBBLACK", dead=True)
DUTY = "000-tax"
"""The unit's duty phone."""
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
    staffed.sms.script.append(DEAD)
    await lit(staffed, "i0")
    staffed.sms.got.clear()
    await offered(staffed, "i1", "normal")
    assert [m.to for m in staffed.sms.got] == [DUTY], "in place of who is on duty"
    await offered(staffed, "i2", "emergency")
    assert {m.to for m in staffed.sms.got} == {"138-a", DUTY}, "he is the unit's head, too"


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


async def raised(bench: Bench, issue: str) -> None:
    """An issue becomes an emergency."""
    data = {"by": BY, "before": "normal", "urgency": "emergency", "reason": "r"}
    told = Story(issue, {"desk": 0}).tell("desk", names.URGENCY_CHANGED, data, bench.clock.now())
    await bench.publish(on_the_wire(told))
    await eventually(bench.quiet)


async def test_what_is_held_when_its_issue_becomes_an_emergency_goes_at_once(staffed: Bench) -> None:
    await at(staffed, "2026-05-07 22:00")
    for issue in ("i1", "i2"):
        await lit(staffed, issue)
    refuses(staffed, "user:a")
    before = len(staffed.sms.got)
    await at(staffed, "2026-05-08 03:00")
    await raised(staffed, "i1")
    [yellow] = [one for one in await shown(staffed, subject="i1") if one["template"] == "yellow-officer-sms"]
    assert (yellow["state"], yellow["critical"], yellow["digest"]) == ("sent", True, None)
    left = [(m.to, m.critical) for m in staffed.sms.got[before:]]
    assert left == [("138-a", True)] * len(left)
    await at(staffed, "2026-05-08 08:00")
    assert len(staffed.sms.got) == before + len(left), "the other one he refused, and no list is left to tell"
    [other] = [one for one in await shown(staffed, subject="i2") if one["template"] == "yellow-officer-sms"]
    assert other["state"] == "skipped"
    assert staffed.service.parts.documents.others["raised"] == {}  # type: ignore[attr-defined]


async def test_an_issue_that_was_one_from_the_start_raises_nothing(staffed: Bench) -> None:
    await offered(staffed, "i1", "emergency")
    assert staffed.service.parts.documents.others.get("raised", {}) == {}  # type: ignore[attr-defined]


async def crewed(bench: Bench, *codes: str, **of_unit: Any) -> None:
    """A unit with so many officers on duty, a head, and who handles its issues."""
    others = user("h", "tax", "unit_head"), user("o", "tax", "officer")
    await bench.publish(unit("tax", **of_unit), *others, *(user(code, "tax", "duty_officer") for code in codes))
    await at(bench, "2026-05-07 03:00")


def alarm_of(issue: str, now: datetime) -> list[Outgoing]:
    story = Story(issue)
    submitted = story.submitted(now, contact="none", receipt=f"SF-{issue}", urgency="emergency")
    return [on_the_wire(one) for one in (submitted, story.assigned(at=now, urgency="emergency"), story.deadline())]


async def alarmed(bench: Bench, issue: str = "i1") -> None:
    await bench.publish(*alarm_of(issue, bench.clock.now()))
    await eventually(bench.quiet)


async def alarms(bench: Bench, issue: str = "i1") -> list[tuple[str, str | None]]:
    told = [one for one in await shown(bench, subject=issue) if one["template"] == "emergency-duty-sms"]
    return sorted((one["state"], one["why"]) for one in told)


def rung(bench: Bench) -> list[str]:
    return [m.to for m in bench.sms.got if "紧急！" in m.text]


async def test_where_nobody_is_at_a_duty_officers_number_the_units_duty_phone_rings_at_once(bench: Bench) -> None:
    await crewed(bench, "a")
    bench.sms.script.append(DEAD)
    await alarmed(bench)
    assert rung(bench) == ["138-a", DUTY]
    assert await alarms(bench) == [("failed", "MBBLACK"), ("sent", None)]
    await alarmed(bench, "i2")
    assert rung(bench)[2:] == [DUTY], "the number is known as dead by now"
    [again] = [one for one in await shown(bench, subject="i1", state="sent") if one["again_of"]]
    assert (again["recipient"], again["because"]) == ("duty_officer", "nobody at this address")


async def test_while_a_colleague_on_duty_is_reached_the_duty_phone_does_not_ring(bench: Bench) -> None:
    await crewed(bench, "a", "b")
    bench.sms.script.append(DEAD)
    await alarmed(bench)
    assert sorted(rung(bench)) == ["138-a", "138-b"]
    assert await alarms(bench) == [("failed", "MBBLACK"), ("sent", None), ("skipped", "told_already")]


async def test_where_nobody_is_at_any_number_of_those_on_duty_the_duty_phone_rings(bench: Bench) -> None:
    await crewed(bench, "a", "b")
    bench.sms.script.extend((DEAD, DEAD))
    await alarmed(bench)
    assert sorted(rung(bench)[:2]) == ["138-a", "138-b"]
    assert set(rung(bench)[2:]) == {DUTY}
    await alarmed(bench, "i2")
    assert rung(bench)[-1] == DUTY
    assert [state for state, _ in await alarms(bench, "i2")] == ["sent"]


async def test_where_nobody_is_at_the_duty_phone_either_the_head_is_rung_and_then_it_is_news(bench: Bench) -> None:
    await crewed(bench, "a")
    bench.sms.script.extend((DEAD, DEAD))
    await alarmed(bench)
    assert rung(bench) == ["138-a", DUTY, "138-h"]
    unheard = bench.service.parts.registry.get_sample_value
    assert not unheard("sanfu_notify_unheard_total")
    bench.sms.script.append(DEAD)
    await alarmed(bench, "i2")
    assert rung(bench)[3:] == ["138-h"]
    assert unheard("sanfu_notify_unheard_total") == 1.0


REFUSED = Rejected("http_422")
"""Whoever is at the number: this message is not taken."""


async def test_what_no_provider_takes_for_a_duty_officer_rings_the_units_duty_phone(bench: Bench) -> None:
    await crewed(bench, "a")
    bench.sms.script.append(REFUSED)
    await alarmed(bench)
    assert rung(bench) == ["138-a", DUTY]
    assert await alarms(bench) == [("failed", "http_422"), ("sent", None)]
    [again] = [one for one in await shown(bench, subject="i1", state="sent") if one["again_of"]]
    assert again["because"] == "no provider took it"
    assert unheard(bench) == 0
    await alarmed(bench, "i2")
    assert rung(bench)[2:] == ["138-a"], "the number is none that is dead"


@pytest.mark.parametrize(("seconds", "rings"), [(21600, [DUTY]), (60, [DUTY]), (30, [])])
async def test_a_number_that_is_given_no_more_for_a_while_does_not_keep_the_duty_phone_from_ringing(
    bench: Bench, seconds: float, rings: list[str]
) -> None:
    await crewed(bench, "a")
    bench.sms.script.append(Retry("LimitExceeded.PhoneNumberDailyLimit", seconds, about="message"))
    await bench.publish(*alarm_of("i1", bench.clock.now()))
    wanted = [("queued", "LimitExceeded.PhoneNumberDailyLimit"), *(("sent", None) for _ in rings)]

    async def settled() -> bool:
        told = [one for one in await shown(bench, subject="i1") if one["template"] == "emergency-duty-sms"]
        return Counter((one["state"], one["why"]) for one in told) == Counter(wanted)

    await eventually(settled)
    assert rung(bench) == ["138-a", *rings]


@pytest.mark.parametrize("crew", [("a",), ("a", "b")])
async def test_what_is_taken_for_nobody_of_those_on_duty_rings_their_duty_phone_then_the_head_and_is_news(
    bench: Bench, crew: tuple[str, ...]
) -> None:
    """A signature that was revoked at night: each of them is refused."""
    await crewed(bench, *crew)
    bench.sms.script.extend([Rejected("isv.SMS_SIGNATURE_ILLEGAL", elsewhere=True)] * 9)
    await alarmed(bench)
    assert rung(bench)[: len(crew)] == [f"138-{one}" for one in crew]
    assert set(rung(bench)[len(crew) :]) == {DUTY, "138-h"}
    assert unheard(bench) >= 1


async def test_while_a_colleague_on_duty_is_told_what_was_refused_for_one_rings_no_duty_phone(bench: Bench) -> None:
    await crewed(bench, "a", "b")
    bench.sms.script.append(REFUSED)
    await alarmed(bench)
    assert sorted(rung(bench)) == ["138-a", "138-b"]
    assert await alarms(bench) == [("failed", "http_422"), ("sent", None), ("skipped", "told_already")]


async def test_where_the_duty_phone_is_refused_too_and_there_is_no_head_that_is_news(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "duty_officer"), user("o", "tax", "officer"))
    await at(bench, "2026-05-07 03:00")
    bench.sms.script.extend((REFUSED, REFUSED))
    await alarmed(bench)
    assert rung(bench) == ["138-a", DUTY]
    assert await alarms(bench) == [("failed", "http_422"), ("failed", "http_422"), ("skipped", "unreachable: http_422")]
    assert unheard(bench) == 1


async def test_while_a_colleague_is_just_being_told_the_place_of_both_waits_for_what_comes_of_it() -> None:
    deliveries = memory_stores({}).deliveries
    alarm = queued(audience="duty_officer", unit="tax", users=("a", "b"), critical=True)
    mine = replace(alarm, id=steps.to_all_of(alarm, [])[0], state="sending", reached="number of a")
    [theirs] = (replace(one, state="sending", reached="number of b") for one in steps.further(mine))
    place = steps.in_place_after(mine, REFUSED)
    assert place is not None
    found = {place.id: Address("1", None, ("a", "b"))}

    async def left(state: DeliveryState) -> Any:
        await deliveries.replace([replace(theirs, state=state, why=state)], state)
        return (await untold(deliveries, [place], found))[place.id]

    await deliveries.insert([mine, theirs])
    assert (await untold(deliveries, [place], found))[place.id] == Waits("being_told")
    assert (await left("failed")).refused == {"number of a": "None", "number of b": "failed"}
    [theirs] = await deliveries.of([theirs.id])
    assert (await left("sent")).users == ("a",)


async def test_what_is_no_emergency_rings_no_duty_phone_where_it_is_refused(staffed: Bench) -> None:
    staffed.sms.script.extend([REFUSED] * 2)
    await offered(staffed, "i1", "normal")
    assert {m.to for m in staffed.sms.got} == {"138-a"}
    assert unheard(staffed) == 0


def unheard(bench: Bench) -> float:
    return bench.service.parts.registry.get_sample_value("sanfu_notify_unheard_total") or 0.0


async def test_who_came_on_duty_meanwhile_is_told_and_the_duty_phone_need_not_ring(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_duty = ["a"]
    monkeypatch.setattr(Holding, "on_duty", lambda *_: tuple(on_duty))
    await crewed(bench, "a", "b")
    await alarmed(bench)
    assert rung(bench) == ["138-a"]
    on_duty[:] = ["b"]
    await gone(bench, "i1")
    assert rung(bench) == ["138-a", "138-b"]


async def test_a_receipt_that_says_so_later_rings_the_duty_phone_once(bench: Bench) -> None:
    await crewed(bench, "a")
    await alarmed(bench)
    for _ in range(2):
        await gone(bench, "i1")
    assert rung(bench) == ["138-a", DUTY]
    assert await alarms(bench) == [("failed", "unreachable: MBBLACK"), ("sent", None)]


async def test_who_is_head_and_on_duty_hears_twice_for_only_one_of_both_messages_rings_the_duty_phone(
    staffed: Bench,
) -> None:
    """The head's was sent as well: it would have ended the other as told."""
    await offered(staffed, "i1", "emergency")
    assert [m.to for m in staffed.sms.got] == ["138-a", "138-a"]
    await gone(staffed, "i1", "handover-duty-sms")
    assert [m.to for m in staffed.sms.got] == ["138-a", "138-a", DUTY]


async def gone(bench: Bench, issue: str, template: str = "emergency-duty-sms") -> None:
    """The provider says of an issue's first alarm that nobody is at that number."""
    told = [one for one in await shown(bench, subject=issue) if one["template"] == template]
    [first] = [one["id"] for one in told if one["again_of"] is None]
    others: Any = bench.service.parts.documents
    stores = memory_stores(others.others)
    metrics = NotifyMetrics.on(CollectorRegistry())
    receipts = Receipts(stores.deliveries, Unreachable(stores.unreachable, Sealer(KEYS)), metrics)
    await receipts.take("sms", [Receipt(False, "MBBLACK", dead=True, delivery=first)])
    await eventually(bench.quiet)
