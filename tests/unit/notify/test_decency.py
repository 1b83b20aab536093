"""Told with decency: nobody at night, nobody on a day off, not ten messages where one list will do."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.notify.app import assemble
from sanfu.notify.domain.delivery import Rejected, Retry
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.service import Parts
from tests.support.eventually import eventually
from tests.support.packs import A_DAY, copied, edited
from tests.support.telling import START, ScriptedSender, Story, contact, on_the_wire, unit, user
from tests.unit.notify.test_service import PARTY, SETTINGS, Bench, bench, fresh_broker, letters, shown

__all__ = ["bench"]

ZONE = ZoneInfo("Asia/Shanghai")
PEOPLE = [unit("tax"), user("a", "tax", "officer"), user("b", "tax", "officer"), user("h", "tax", "unit_head")]
BOTH = {"138-a", "138-b"}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


async def at(bench: Bench, text: str) -> datetime:
    """Go on to a local time, and wait until nothing is on its way."""
    bench.clock.set(local(text))
    await eventually(bench.quiet)
    return bench.clock.now()


async def lit(bench: Bench, issue: str, level: str = "yellow", **more: Any) -> None:
    """A light goes on now."""
    story = Story(issue)
    said = {name: more.pop(name) for name in ("urgency", "secrecy", "text") if name in more}
    submitted = story.submitted(bench.clock.now(), contact="none", receipt=f"SF-{issue}", **said)
    await bench.publish(on_the_wire(submitted), on_the_wire(story.light(level, at=bench.clock.now(), **more)))
    await eventually(bench.quiet)


def sms(bench: Bench) -> Counter[str]:
    return Counter(m.to for m in bench.sms.got)


async def test_nothing_that_can_wait_rings_at_night_and_a_mail_need_not_wait(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await at(bench, "2026-05-06 20:59")
    await lit(bench, "i1", "red")
    assert sms(bench).keys() == {*BOTH, "138-h"}
    now = await at(bench, "2026-05-06 21:00")
    await bench.publish(contact("i2", party=PARTY), on_the_wire(Story("i2").submitted(now)))
    await lit(bench, "i3", "red")
    held = await shown(bench, state="held", medium="sms")
    assert {(one["recipient"], one["why"]) for one in held if one["template"] != "digest"} == {
        ("party", "quiet_hours"), ("officer", "quiet_hours"), ("unit_head", "quiet_hours"),
    }  # fmt: skip
    assert {one["due"] for one in held} == {"2026-05-07T00:00:00.000Z"}
    assert PARTY["email"] in {m.to for m in bench.email.got}
    await at(bench, "2026-05-07 07:59")
    assert sum(sms(bench).values()) == 3
    await at(bench, "2026-05-07 08:00")
    assert sms(bench) == {PARTY["phone"]: 1, "138-a": 2, "138-b": 2, "138-h": 2}
    assert await shown(bench, state="held") == []


async def test_what_is_urgent_wakes_its_unit_and_not_its_party(bench: Bench) -> None:
    await bench.publish(*PEOPLE, contact("i1", party=PARTY))
    now = await at(bench, "2026-05-09 23:00")
    story = Story("i1")
    await bench.publish(on_the_wire(story.submitted(now, urgency="urgent")), on_the_wire(story.light("red", at=now)))
    await eventually(bench.quiet)
    assert sms(bench) == Counter([*BOTH, "138-h"])


async def test_an_emergency_waits_for_nothing(bench: Bench) -> None:
    await bench.publish(unit("emergency"), user("o", "emergency", "officer"), contact("i1", party=PARTY))
    now = await at(bench, "2026-05-10 03:00")
    story = Story("i1")
    alarm = story.assigned("emergency", now, urgency="emergency")
    await bench.publish(
        *map(on_the_wire, (story.submitted(now, urgency="emergency"), alarm, story.deadline("emergency")))
    )
    await eventually(bench.quiet)
    assert sms(bench) == {PARTY["phone"]: 1, "000-emergency": 1}
    assert len(await letters(bench, "user:o")) == 1, "who handles it finds it at the desk, too"


async def test_a_red_on_a_day_off_waits_for_the_morning_of_the_next_day_of_service(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await at(bench, "2026-05-16 10:00")  # a Saturday
    await lit(bench, "i1", "red")
    assert bench.sms.got == bench.email.got == []
    held = await shown(bench, state="held")
    assert {(one["why"], one["due"]) for one in held if one["template"] != "digest"} == {
        ("day_off", "2026-05-18T00:00:00.000Z")
    }
    await at(bench, "2026-05-18 07:59")
    assert bench.sms.got == bench.email.got == []
    await at(bench, "2026-05-18 08:00")
    assert sms(bench).keys() == {*BOTH, "138-h"}
    assert all("红灯：SF-i1" in m.text for m in bench.sms.got), "one alone comes in its own words"


async def test_a_saturday_that_is_worked_is_no_day_off_and_neither_is_one_of_those_who_always_serve(
    bench: Bench,
) -> None:
    await bench.publish(*PEOPLE, unit("police"), user("p", "police", "officer"))
    await at(bench, "2026-05-09 10:00")
    await lit(bench, "i1")
    assert sms(bench).keys() == BOTH
    await at(bench, "2026-05-16 10:00")
    await lit(bench, "i2")
    await lit(bench, "i3", unit="police")
    assert sms(bench) == Counter([*BOTH, "138-p"])


async def test_a_red_that_waits_over_a_long_holiday_is_still_told(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await at(bench, "2026-10-01 10:00")
    await lit(bench, "i1", "red")
    assert (await shown(bench, state="held"))[0]["due"] == "2026-10-08T00:00:00.000Z"
    await at(bench, "2026-10-08 08:00")
    assert sms(bench).keys() == {*BOTH, "138-h"}


async def test_a_second_message_within_ten_minutes_waits_and_the_rest_comes_as_one_list(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    for number in range(1, 5):
        await lit(bench, f"i{number}")
    assert sms(bench) == Counter(BOTH), "the first of them goes at once"
    held = [one for one in await shown(bench, state="held", medium="sms") if one["template"] != "digest"]
    assert {one["why"] for one in held} == {"gathered"}
    assert len({one["digest"] for one in held}) == 1
    bench.clock.set(START + timedelta(minutes=9, seconds=59))
    await eventually(bench.quiet)
    assert sms(bench) == Counter(BOTH)
    bench.clock.set(START + timedelta(minutes=10))
    await eventually(bench.quiet)
    assert sms(bench) == Counter(dict.fromkeys(BOTH, 2))
    assert len({m.text for m in bench.sms.got[2:]}) == 1
    assert bench.sms.got[-1].text.splitlines() == [
        "【义乌三服务】3条提醒：", *(f"黄灯SF-i{number}，5月9日 17:30到期" for number in (2, 3, 4)),
    ]  # fmt: skip
    assert bench.email.got[-1].subject == "3件事项提醒"
    informed = await bench.reported(names.PARTY_INFORMED)
    told = {dict(one.headers)["ce_subject"].decode() for one in informed}
    assert told == {"i1", "i2", "i3", "i4"}, "each issue's story hears that its message went"
    assert {(one["state"], one["why"]) for one in await shown(bench, medium="sms") if one["digest"]} == {
        ("sent", "digest")
    }


async def test_a_list_says_of_a_confidential_issue_what_its_neutral_text_may(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await lit(bench, "i1")
    await lit(bench, "i2", secrecy="confidential", text=None, title=None)
    await lit(bench, "i3")
    bench.clock.set(START + timedelta(minutes=10))
    await eventually(bench.quiet)
    sms, mail = (one.got[-1].text.splitlines()[1:3] for one in (bench.sms, bench.email))
    assert sms == ["黄灯SF-i2，5月9日 17:30到期", "黄灯SF-i3，5月9日 17:30到期"], "not a word more"
    assert mail == ["黄灯：SF-i2将于5月9日 17:30到期", "黄灯：SF-i3将于5月9日 17:30到期"]


async def test_a_confidential_issue_alone_in_its_list_comes_in_its_neutral_text(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await lit(bench, "i1")
    await lit(bench, "i2", secrecy="confidential", text=None, title=None)
    bench.clock.set(START + timedelta(minutes=10))
    await eventually(bench.quiet)
    assert bench.sms.got[-1].text == "【义乌三服务】黄灯：SF-i2（保密）将于5月9日 17:30到期，请抓紧办理。"


async def test_one_that_turned_out_alone_in_its_list_comes_in_its_own_words(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await lit(bench, "i1")
    await lit(bench, "i2")
    bench.clock.set(START + timedelta(minutes=10))
    await eventually(bench.quiet)
    assert bench.sms.got[-1].text.startswith("【义乌三服务】黄灯：SF-i2")


async def test_different_units_and_capacities_do_not_wait_for_each_other(bench: Bench) -> None:
    await bench.publish(*PEOPLE, unit("police"), user("p", "police", "officer"))
    await lit(bench, "i1")
    await lit(bench, "i2", unit="police")
    assert sms(bench) == Counter([*BOTH, "138-p"])


async def test_what_is_critical_passes_a_list_that_is_being_gathered(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await lit(bench, "i1", "red")
    await lit(bench, "i2", "red", urgency="emergency", clock="emergency_acknowledge")
    assert sms(bench)["138-h"] == 2


async def test_a_list_that_can_not_go_is_tried_again_and_what_it_took_is_not_lost(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer"))
    for number in range(1, 4):
        await lit(bench, f"i{number}")
    bench.sms.script.extend([Retry("http_429", 0.1)])
    bench.clock.set(START + timedelta(minutes=10))
    await eventually(bench.quiet, within=15)
    assert len(bench.sms.got) == 3
    assert {one["state"] for one in await shown(bench, medium="sms") if one["recipient"] == "officer"} == {"sent"}


async def test_a_list_that_is_refused_marks_all_that_it_took(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer"))
    for number in range(1, 4):
        await lit(bench, f"i{number}")
    bench.sms.script.append(Rejected("http_400"))
    bench.clock.set(START + timedelta(minutes=10))
    await eventually(bench.quiet)
    failed = await shown(bench, state="failed")
    assert Counter(one["why"] for one in failed) == {"digest: http_400": 2, "http_400": 1}
    assert len(await bench.reported(names.DELIVERY_FAILED)) == 2


async def test_a_storm_of_lights_becomes_one_list_that_fits_and_says_how_many_more(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer"))
    await lit(bench, "i0")
    for number in range(1, 301):
        story = Story(f"i{number}")
        await bench.publish(
            on_the_wire(story.submitted(contact="none", receipt=f"SF-{number:04}")), on_the_wire(story.light("yellow"))
        )
    await eventually(bench.quiet, within=60)
    assert len(bench.sms.got) == len(bench.email.got) == 1
    bench.clock.set(START + timedelta(minutes=10))
    await eventually(bench.quiet, within=60)
    assert len(bench.sms.got) == len(bench.email.got) == 2
    text = bench.sms.got[-1].text
    assert len(text) <= 201
    lines = text.splitlines()
    assert lines[0] == "【义乌三服务】300条提醒："
    assert lines[-1] == f"另有{300 - len(lines) + 2}条，见工作台。"
    assert len(await bench.reported(names.PARTY_INFORMED)) == 602 + 301, "a letter rings nowhere, and comes by itself"


@pytest.fixture
def strict(tmp_path: Path) -> Bench:
    """A notify whose pack lets staff have three messages a day, and parties two."""
    root = copied(tmp_path)
    edited(root, "telling.yaml", "{staff: 30, party: 10}", "{staff: 3, party: 2}")
    return made_with(PackHolder(root))


def made_with(packs: PackHolder, **settings: Any) -> Bench:
    """A notify with this pack, not yet started."""
    sms, email, broker, clock = ScriptedSender(), ScriptedSender(), fresh_broker(), ManualClock(START)
    service = assemble(
        SETTINGS.model_copy(update=settings),
        Parts(broker, MemoryDocuments(), clock),
        packs,
        {"sms": sms, "email": email},
    )
    return Bench(service, broker, clock, sms, email)


async def test_over_the_cap_staff_get_the_next_digest_and_parties_wait_until_a_day_has_passed(strict: Bench) -> None:
    await strict.service.start()
    await strict.publish(unit("tax"), user("a", "tax", "officer"), contact("p1", party=PARTY))
    for minute in range(0, 60, 11):
        strict.clock.set(START + timedelta(minutes=minute))
        await lit(strict, f"i{minute}")
    assert len(strict.sms.got) == 3
    held = [one for one in await shown(strict, state="held", medium="sms") if one["template"] != "digest"]
    assert {(one["why"], one["due"]) for one in held} == {("cap", "2026-05-06T06:00:00.000Z")}
    await at(strict, "2026-05-06 14:00")
    assert len(strict.sms.got) == 4
    assert "3条提醒" in strict.sms.got[-1].text

    story, now = Story("p1"), strict.clock.now()
    declined = {"by": {"id": "u", "role": "reviewer"}, "reply": "理由"}
    events = [story.submitted(now), story.closed(now), story.tell("desk", names.REOPEN_DECLINED, declined, now)]
    await strict.publish(*map(on_the_wire, events))
    await eventually(strict.quiet)
    assert sms(strict)[PARTY["phone"]] == 2
    await at(strict, "2026-05-07 13:59")
    assert sms(strict)[PARTY["phone"]] == 2
    await at(strict, "2026-05-07 14:00")
    assert sms(strict)[PARTY["phone"]] == 3
    await strict.service.stop()


def duty_pack(folder: Path, shifts: str) -> PackHolder:
    root = copied(folder)
    people = [
        line for line in (root / "staff.csv").read_text(encoding="utf-8").splitlines() if "emergency-duty," in line
    ]
    extra = people[0].replace("emergency-duty", "emergency-duty-2").replace("13800001048", "13800009999")
    with (root / "staff.csv").open("a", encoding="utf-8") as table:
        table.write(f"{extra}\n")
    (root / "rosters.yaml").write_text(f"emergency:\n{shifts}", encoding="utf-8")
    return PackHolder(root, today=lambda: A_DAY)


DAY_SHIFT = '  - {when: {days: [mon-sun], hours: ["08:00-20:00"]}, on_duty: [emergency-duty]}\n'
NIGHT_SHIFT = '  - {when: {days: [mon-sun], hours: ["20:00-08:00"]}, on_duty: [emergency-duty-2]}\n'


@pytest.mark.parametrize(
    ("shifts", "hour", "phone", "called"),
    [
        (DAY_SHIFT + NIGHT_SHIFT, "10:00", "000-emergency", {"138-emergency-duty"}),
        (DAY_SHIFT + NIGHT_SHIFT, "23:00", "000-emergency", {"138-emergency-duty-2"}),
        (DAY_SHIFT, "23:00", "000-emergency", {"000-emergency"}),
        (DAY_SHIFT, "23:00", None, {"138-emergency-head"}),
    ],
)
async def test_an_emergency_rings_at_whoever_is_on_duty_now_else_the_duty_phone_else_the_head(
    tmp_path: Path, shifts: str, hour: str, phone: str | None, called: set[str]
) -> None:
    bench = made_with(duty_pack(tmp_path, shifts))
    await bench.service.start()
    people = [user(f"emergency-{one}", "emergency", "duty_officer") for one in ("duty", "duty-2")]
    others = [user("emergency-head", "emergency", "unit_head"), user("o", "emergency", "officer")]
    await bench.publish(unit("emergency", duty_phone=phone), *people, *others)
    now = await at(bench, f"2026-05-07 {hour}")
    story = Story("i1")
    told = [
        story.submitted(now, contact="none", urgency="emergency"),
        story.assigned("emergency", now, urgency="emergency"),
    ]
    await bench.publish(*map(on_the_wire, (*told, story.deadline("emergency"))))
    await eventually(bench.quiet)
    assert sms(bench).keys() == called
    await bench.service.stop()


async def test_a_list_by_a_provider_of_approved_texts_says_how_many_there_are(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "telling.yaml", "lists:\n", "lists:\n  approved: {zh: {aliyun: SMS_9}}\n")
    bench = made_with(PackHolder(root))
    await bench.service.start()
    await bench.publish(unit("tax"), user("a", "tax", "officer"))
    for number in range(3):
        await lit(bench, f"i{number}")
    bench.clock.set(START + timedelta(minutes=10))
    await eventually(bench.quiet)
    assert (bench.sms.got[-1].approved, bench.sms.got[-1].variables) == ({"aliyun": "SMS_9"}, {"count": "2"})
    await bench.service.stop()
