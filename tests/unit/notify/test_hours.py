"""The hours in which nothing rings, at their edges, and what the law owes over a cap."""

from pathlib import Path

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from tests.support.eventually import eventually
from tests.support.packs import copied, edited
from tests.support.telling import BY, Story, contact, on_the_wire, unit, user
from tests.unit.notify.test_decency import at, lit, made_with, sms
from tests.unit.notify.test_service import PARTY, Bench, bench, shown

__all__ = ["bench"]

ALONE = [unit("tax"), user("a", "tax", "officer")]


async def test_what_comes_after_midnight_waits_for_the_same_morning(bench: Bench) -> None:
    await bench.publish(*ALONE)
    await at(bench, "2026-05-07 00:00")
    await lit(bench, "i1")
    await at(bench, "2026-05-07 07:59")
    await lit(bench, "i2")
    assert {one["due"] for one in await shown(bench, state="held", medium="sms")} == {"2026-05-07T00:00:00.000Z"}
    assert bench.sms.got == []
    await at(bench, "2026-05-07 08:00")
    assert sms(bench) == {"138-a": 1}


async def test_hours_within_one_day_are_quiet_too_and_the_night_is_not(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "telling.yaml", 'hours: "21:00-08:00"', 'hours: "12:00-14:00"')
    bench = made_with(PackHolder(root))
    await bench.service.start()
    await bench.publish(*ALONE)
    for minute, told in (("11:59", 1), ("12:00", 1), ("13:59", 1), ("14:00", 2), ("23:00", 3)):
        await at(bench, f"2026-05-07 {minute}")
        if minute != "14:00":
            await lit(bench, f"i-{minute[:2]}")
        assert len(bench.sms.got) == told, minute
    await bench.service.stop()


async def test_what_the_law_owes_comes_over_the_cap_and_nothing_else(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "telling.yaml", "{staff: 30, party: 10}", "{staff: 30, party: 1}")
    bench = made_with(PackHolder(root))
    await bench.service.start()
    await bench.publish(contact("i1", party=PARTY))
    story, now = Story("i1"), await at(bench, "2026-05-07 10:00")
    declined = story.tell("desk", names.REOPEN_DECLINED, {"by": BY, "reply": "理由"}, now)
    await bench.publish(on_the_wire(story.submitted(now)), on_the_wire(declined))
    await eventually(bench.quiet)
    assert sms(bench) == {PARTY["phone"]: 1}
    owed = {"by": BY, "answer_by": "2026-07-01T00:00:00.000Z"}
    await bench.publish(on_the_wire(story.tell("desk", names.PETITION_ADMITTED, owed, now)))
    await eventually(bench.quiet)
    assert sms(bench) == {PARTY["phone"]: 2}
    assert "已受理" in bench.sms.got[-1].text
    await bench.service.stop()


async def test_what_the_law_owes_passes_the_cap_of_a_units_people_and_nothing_else(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "telling.yaml", "{staff: 30, party: 10}", "{staff: 1, party: 10}")
    first = "audience: officer\n    medium: sms\n    delivery: at_least_once\n    useful_for: 3 calendar days\n"
    edited(root, "texts/lights.yaml", first, f"{first}    statutory: yes\n")
    bench = made_with(PackHolder(root))
    await bench.service.start()
    await bench.publish(*ALONE, user("h", "tax", "unit_head"))
    await at(bench, "2026-05-07 10:00")
    await lit(bench, "i1")
    await at(bench, "2026-05-07 10:20")
    await lit(bench, "i2")
    [held] = [one for one in await shown(bench, state="held", medium="sms") if one["template"] != "digest"]
    assert (held["template"], held["why"]) == ("yellow-officer-sms", "cap")
    await lit(bench, "i3", "red")
    assert sms(bench) == {"138-a": 2, "138-h": 1}
    assert ["红灯" in one.text for one in bench.sms.got] == [False, True, True]
    await bench.service.stop()
