"""An affair is told as secretly as the issues are that it bears upon, by how they stand when it is told."""

from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.notify.domain.affairs import AffairRules
from sanfu.notify.domain.bearing import secrecy
from tests.support.eventually import eventually
from tests.support.packs import shipped
from tests.support.telling import BY, START, Story, on_the_wire, unit, user
from tests.unit.notify.test_affairs import due, raised, tell
from tests.unit.notify.test_resending import resend
from tests.unit.notify.test_service import Bench, bench, shown

__all__ = ["bench"]

PEOPLE = [
    unit("tax"), user("h", "tax", "unit_head"), unit("office-inspection"), user("s", "office-inspection", "supervisor"),
]  # fmt: skip
UNIT = shipped().units["tax"].name("zh")
OPEN, SECRET, SEALED = {"secrecy": "internal"}, {"secrecy": "confidential"}, {"secrecy": "sealed"}


def known(issue: str, secrecy: str = "open") -> Event:
    bare: dict[str, Any] = {} if secrecy == "open" else {"title": "诉求", "text": None}
    return Story(issue).submitted(contact="none", secrecy=secrecy, category="tax-invoice", **bare)


def turned(issue: str, secrecy: str, at: Any = START) -> Event:
    body = {"by": BY, "before": "open", "secrecy": secrecy, "title": "诉求", "reason": "r"}
    return Story(issue).tell("desk", names.SECRECY_CHANGED, body, at)


async def told(bench: Bench, *events: Event) -> None:
    await tell(bench, *events, topic=names.ISSUES)


async def supervisors_mail(bench: Bench) -> str:
    """What the supervisors read at the next hour of lists."""
    bench.clock.set(START + timedelta(hours=4))
    await eventually(bench.quiet)
    [mail] = [one for one in bench.email.got if one.to == "s@city.example"]
    return f"{mail.subject}{mail.text}"


@pytest.mark.parametrize(
    ("named", "level"),
    [
        (["open"], None), ([], None), (["open", "secret"], "confidential"), (["secret"], "confidential"),
        (["sealed"], "sealed"), (["sealed", "sealed"], "sealed"), (["sealed", "secret"], "confidential"),
        (["open", "sealed"], "confidential"), (None, "confidential"),
    ],
)  # fmt: skip
def test_one_secret_issue_makes_it_confidential_and_sealed_ones_alone_seal_it(
    named: list[str] | None, level: str | None
) -> None:
    assert secrecy(named, {"open": OPEN, "secret": SECRET, "sealed": SEALED}) == level


def test_an_agenda_is_followed_and_no_telling_carries_it() -> None:
    rules, meeting, state = AffairRules(shipped(), len), Story("meeting-1"), dict[str, Any]()
    called = {
        "by": BY, "kind": "coordination", "title": "会", "at": "2026-05-12T02:00:00.000Z", "place": None,
        "chair": None, "units": ["tax"], "concerns": ["i1", "i2"],
    }  # fmt: skip
    changed = {"by": BY, "added": ["i3", "i2"], "dropped": ["i1"], "concerns": ["i3", "i1"]}
    for type, body in ((names.MEETING_CALLED, called), (names.AGENDA_CHANGED, changed)):
        state = dict(rules.evolve(state, meeting.tell("desk", type, body)))
    assert state["facts"]["concerns"] == ["i2", "i3"]
    assert not any("concerns" in one["facts"] for one in state["recent"])
    decisions = [{"issue": "i2", "decision": "task", "text": "t", "unit": "tax", "task": "task-1-1"}]
    held = {
        "by": BY, "kind": "coordination", "title": "会", "held_at": "2026-05-12T02:00:00.000Z",
        "decisions": decisions, "concerns": ["i2", "task-1-1"],
    }  # fmt: skip
    state = dict(rules.evolve(state, meeting.tell("desk", names.MEETING_HELD, held)))
    assert state["facts"]["concerns"] == ["i2"]


@pytest.mark.parametrize("level", ["open", "confidential"])
async def test_an_order_about_what_is_confidential_names_no_unit(bench: Bench, level: str) -> None:
    await bench.publish(*PEOPLE)
    await told(bench, known("i1", level))
    await tell(bench, raised(Story("order-1")))
    assert (UNIT in await supervisors_mail(bench)) is (level == "open")
    assert [m.to for m in bench.sms.got] == ["138-h"], "in neutral words the unit hears all the same"


async def test_what_became_confidential_before_it_was_told_names_no_unit_and_its_late_answer_neither(
    bench: Bench,
) -> None:
    await bench.publish(*PEOPLE)
    await told(bench, known("i1"))
    order = Story("order-1")
    await tell(bench, raised(order))
    assert [one["why"] for one in await shown(bench, state="held", unit="office-inspection")].count("digest") == 1
    await told(bench, turned("i1", "confidential"))
    assert UNIT not in await supervisors_mail(bench)
    bench.clock.set(START + timedelta(hours=5))
    await tell(bench, due(order, "red", "supervision_reply", bench.clock.now()))
    bench.clock.set(START + timedelta(days=1))
    await eventually(bench.quiet)
    assert "超期" in bench.email.got[-1].text
    assert UNIT not in bench.email.got[-1].text


@pytest.mark.parametrize("later", [False, True])
async def test_of_an_order_about_what_is_sealed_nobody_hears_and_the_record_says_of_whom_no_word(
    bench: Bench, later: bool
) -> None:
    await bench.publish(*PEOPLE)
    await told(bench, known("i1", "open" if later else "sealed"))
    order = Story("order-1")
    if later:
        await tell(bench, raised(order))
        await told(bench, turned("i1", "sealed"))
    else:
        await tell(bench, raised(order), due(order, "red", "supervision_reply"))
    before = len(bench.email.got), len(bench.sms.got)
    assert later or before == (0, 0)
    bench.clock.set(START + timedelta(days=1))
    await eventually(bench.quiet)
    assert (len(bench.email.got), len(bench.sms.got)) == before
    sealed = await shown(bench, subject="order-1", state="skipped")
    assert {one["why"] for one in sealed} == {"sealed"}
    assert {(one["unit"], one["user"]) for one in sealed} == {(None, None)}
    assert not any("tax" in repr(one) for one in sealed)
    assert not await shown(bench, subject="order-1", state="held")
    assert {(await resend(bench, one["id"])).status_code for one in sealed} == {409}, "there is nobody to send it to"


async def test_a_meeting_that_has_a_sealed_issue_among_others_is_called_all_the_same(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await told(bench, known("i1"), known("i2", "sealed"))
    called = {
        "by": BY, "kind": "coordination", "title": "会", "at": "2026-05-12T02:00:00.000Z", "place": None,
        "chair": None, "units": ["tax"], "concerns": ["i1", "i2"],
    }  # fmt: skip
    await tell(bench, Story("meeting-1").tell("desk", names.MEETING_CALLED, called))
    assert [m.to for m in bench.email.got] == ["tax@city.example"]


async def test_an_order_waits_until_it_is_known_how_secret_its_issue_is(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await bench.publish(on_the_wire(raised(Story("order-1")), names.AFFAIRS))
    held = await eventually(lambda: shown(bench, subject="order-1", unit="tax", state="held"))
    assert {one["why"] for one in held} == {"story"}
    assert bench.email.got == []
    await told(bench, known("i1"))
    assert [m.to for m in bench.email.got] == ["tax@city.example"]
