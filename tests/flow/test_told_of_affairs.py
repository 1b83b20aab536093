"""Who is asked to a meeting is told, and again the day before; who holds a list hears of it, of a sheet nobody else."""

from datetime import datetime
from typing import Any

import pytest

from sanfu.contracts.envelope import instant
from tests.flow.parts import ON_BOTH
from tests.flow.test_affairs import lamp, office
from tests.flow.test_lists import OFFICER, SHEET, visits
from tests.support.city import City, in_memory, local

UNIT, TOWN, CHAIR = "water", "fotang", "city-leader"
MONDAY = local("2026-05-18 10:00")
"""On the Friday before there is service; at the weekend there is none."""
REMINDED = local("2026-05-15 16:00")


async def called(city: City, at: datetime = MONDAY, **more: Any) -> str:
    """Have the office call a meeting. Return its id."""
    said = {
        "kind": "coordination",
        "title": "城南排水遗留问题",
        "at": instant(at),
        "chair": CHAIR,
        "units": [UNIT],
        **more,
    }
    return str((await office(city).make("meetings", said))["id"])


def mails(city: City, address: str, word: str) -> list[str]:
    """The subjects of the mails there that hold a word."""
    return [one.subject or "" for one in city.mail.to(address) if word in (one.subject or "")]


def rung(city: City, phone: str, word: str) -> list[datetime]:
    """When a phone got an SMS that holds a word."""
    return [one.at for one in city.sms.to(phone) if word in one.text]


@ON_BOTH
async def test_who_is_asked_to_a_meeting_hears_of_it_and_once_more_on_the_last_day_of_service_before(
    city: City,
) -> None:
    issue = await lamp(city)
    await city.advance(minutes=11)
    mailbox, head = city.pack.units[UNIT].mailbox or "", city.phone("unit_head", UNIT)
    chair = city.pack.staff[CHAIR]
    meeting = await called(city, issues=[issue.id])
    assert mails(city, mailbox, "协调会") == ["5月18日 10:00协调会"]
    assert mails(city, chair.email, "协调会") == ["5月18日 10:00协调会"]
    assert rung(city, head, "协调会") == [city.clock.now()]
    assert rung(city, chair.phone, "协调会") == []
    await city.advance(minutes=30)
    await office(city).make(f"meetings/{meeting}/change_agenda", {"drop": [issue.id]})
    assert mails(city, mailbox, "议题") == ["5月18日 10:00协调会议题有调整"]
    await city.advance_to(REMINDED)
    assert rung(city, head, "提醒：5月18日") == rung(city, chair.phone, "提醒：5月18日") == [REMINDED]
    await city.stop("notify")
    await city.start("notify")
    await city.advance_to(local("2026-05-18 11:00"))
    assert [len(rung(city, phone, "提醒：5月18日")) for phone in (head, chair.phone)] == [1, 1], (
        "once, whatever is started anew"
    )
    await office(city).make(f"meetings/{meeting}/hold", {"held_at": instant(MONDAY), "decisions": []})
    await city.advance_to(local("2026-05-18 14:00"))
    assert mails(city, mailbox, "已有决定") == ["5月18日 10:00协调会已有决定"]
    assert not [one for one in (*city.sms.got, *city.mail.got) if "城南" in f"{one.subject}{one.text}"]


async def test_a_town_is_asked_to_the_session_that_is_held_in_it(city: City) -> None:
    await called(city, kind="onsite_city", place=TOWN, units=[])
    assert rung(city, city.phone("unit_head", TOWN), "现场办公会") == [city.clock.now()]
    assert mails(city, city.pack.units[TOWN].mailbox or "", "现场办公会")


async def test_of_a_meeting_that_was_held_before_its_day_nobody_is_reminded(city: City) -> None:
    meeting = await called(city)
    await city.advance(hours=2)
    await office(city).make(f"meetings/{meeting}/hold", {"held_at": instant(city.clock.now()), "decisions": []})
    await city.advance_to(MONDAY)
    assert rung(city, city.phone("unit_head", UNIT), "提醒：") == []


async def test_a_meeting_that_is_called_too_late_to_be_reminded_of_is_told_once(city: City) -> None:
    await city.advance_to(local("2026-05-06 17:00"))
    await called(city, local("2026-05-07 09:30"))
    await city.advance_to(local("2026-05-07 10:00"))
    assert rung(city, city.phone("unit_head", UNIT), "协调会") == [local("2026-05-06 17:00")]


async def test_what_rests_at_night_is_not_told_after_the_meeting_has_begun_and_what_is_put_on_record_to_nobody() -> (
    None
):
    async with in_memory("2026-05-06 22:30") as city:
        head = city.phone("unit_head", UNIT)
        await called(city, local("2026-05-07 07:30"))
        await called(city, local("2026-05-06 10:00"), held_already=True)
        await city.advance_to(local("2026-05-07 09:00"))
        assert rung(city, head, "协调会") == []
        assert mails(city, city.pack.units[UNIT].mailbox or "", "协调会") == ["5月7日 07:30协调会"]


@ON_BOTH
async def test_who_holds_a_list_hears_when_it_is_made_nearly_due_and_overdue_and_their_head_when_it_is(
    city: City,
) -> None:
    holder, head = city.pack.staff["tax-officer"], city.email("unit_head", "tax")
    made = await office(city).make("lists", {**visits("某饰品厂"), "holder": holder.id})
    assert mails(city, holder.email, "清单") == ["新的走访清单"]
    await office(city).make(f"lists/{made['id']}/add", {"entries": visits("某水厂")["entries"], "due": "2026-05-08"})
    assert mails(city, holder.email, "增补") == ["您的走访清单有增补"]
    await city.advance_to(local("2026-05-08 01:00"))
    assert mails(city, holder.email, "黄灯") == ["黄灯：清单事项将于5月9日 00:00到期"]
    assert rung(city, holder.phone, "红灯") == []
    await city.advance_to(local("2026-05-09 15:00"))
    assert rung(city, holder.phone, "红灯：您清单上的事项") == [local("2026-05-09 08:00")], "not at night"
    assert mails(city, head, "走访清单") == ["红灯：走访清单事项已于5月9日 00:00超期"]
    await office(city).make(f"lists/{made['id']}/end", {"reason": "另行安排"})
    assert mails(city, holder.email, "终止") == ["您的走访清单已终止"]
    told = [one for one in (*city.sms.got, *city.mail.got) if "某饰品厂" in f"{one.subject}{one.text}"]
    assert told == [], "no message says who is visited"


async def test_of_an_experience_sheet_its_holder_alone_hears_and_of_what_he_did_himself_not_even_he(city: City) -> None:
    holder = city.pack.staff[OFFICER]
    entry = {"theme": "c01-t01", "town": "fotang", "due": "2026-05-08"}
    await city.staff(OFFICER).make("lists", {**SHEET, "entries": [entry]})
    assert mails(city, holder.email, "清单") == [], "he made it himself"
    await city.advance_to(local("2026-05-10 15:00"))
    assert mails(city, holder.email, "黄灯：清单事项")
    assert rung(city, holder.phone, "红灯：您清单上的事项")
    assert {one.to for one in (*city.sms.got, *city.mail.got)} == {holder.email, holder.phone}


@pytest.mark.parametrize(
    ("level", "when", "names_the_unit"),
    [
        ("open", "never", [True]), ("confidential", "before", [False]), ("confidential", "after", [False]),
        ("sealed", "after", []),
    ],
)  # fmt: skip
async def test_an_order_is_told_as_secretly_as_its_issue_is_when_it_is_told(
    city: City, level: str, when: str, names_the_unit: list[bool]
) -> None:
    """The supervisors hear at the next hour of lists, the unit at once."""
    issue, name = await lamp(city), city.pack.units[UNIT].name("zh")
    hush = {"secrecy": level, "reason": "涉及举报人"}
    if when == "before":
        await office(city).order(issue, "raise_secrecy", hush)
    await office(city).make("orders", {"level": "yellow", "unit": UNIT, "text": "请说明", "issues": [issue.id]})
    if when == "after":
        await office(city).order(issue, "raise_secrecy", hush)
    await city.advance(hours=5)
    told = [one.text for one in city.mail.to(city.email("supervisor", "office-inspection")) if "督办单" in one.text]
    assert [name in text for text in told] == names_the_unit
    assert len(mails(city, city.pack.units[UNIT].mailbox or "", "督办单")) == 1
