"""What is urgent wakes a unit's people, yet not forty times; and a list rings at night only if something in it may."""

from collections import Counter
from pathlib import Path

import pytest

from sanfu.city.watching import PackHolder
from sanfu.notify.domain.delivery import Retry
from tests.support.eventually import eventually
from tests.support.packs import copied, edited
from tests.support.telling import Story, on_the_wire, unit, user
from tests.unit.notify.test_decency import PEOPLE, at, lit, local, made_with, sms
from tests.unit.notify.test_service import Bench, bench, shown

__all__ = ["bench"]

ALONE = [unit("tax"), user("a", "tax", "officer")]


async def test_a_storm_of_urgent_lights_at_night_rings_once_and_comes_as_one_list(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await at(bench, "2026-05-09 23:00")
    for number in range(40):
        await lit(bench, f"i{number}", "red", urgency="urgent")
    once = Counter(["138-a", "138-b", "138-h"])
    assert sms(bench) == once
    await at(bench, "2026-05-09 23:09")
    assert sms(bench) == once
    await at(bench, "2026-05-09 23:10")
    assert sms(bench) == once + once
    assert all("39条提醒" in m.text for m in bench.sms.got[3:])


async def test_no_cap_holds_back_what_is_urgent_and_no_morning(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "telling.yaml", "{staff: 30, party: 10}", "{staff: 2, party: 2}")
    bench = made_with(PackHolder(root))
    await bench.service.start()
    await bench.publish(*ALONE)
    for number, minute in enumerate(("20:30", "20:45", "21:00", "21:15")):
        await at(bench, f"2026-05-09 {minute}")
        await lit(bench, f"i{number}", urgency="urgent")
        assert len(bench.sms.got) == number + 1
    await bench.service.stop()


@pytest.mark.parametrize(
    ("back", "why", "morning"),
    [
        ("2026-05-15 21:30", "quiet_hours", "2026-05-18"),
        ("2026-05-16 10:00", "day_off", "2026-05-18"),
        ("2026-05-14 21:30", "quiet_hours", "2026-05-15"),
        ("2026-05-15 04:00", "quiet_hours", "2026-05-15"),
    ],
)
async def test_a_list_whose_provider_is_back_at_night_or_on_a_day_off_waits_for_the_morning(
    bench: Bench, back: str, why: str, morning: str
) -> None:
    await bench.publish(*ALONE)
    day = "2026-05-15" if back > "2026-05-15 12:00" else "2026-05-14"
    await at(bench, f"{day} 20:45")
    for number in range(3):
        await lit(bench, f"i{number}")
    bench.sms.script.append(Retry("http_503"))
    bench.clock.set(local(f"{day} 20:55"))
    await eventually(lambda: not bench.sms.script)
    await at(bench, back)
    assert len(bench.sms.got) == 2, "the first light, and the list in vain"
    (waits,) = [one for one in await shown(bench, state="held", medium="sms") if one["template"] == "digest"]
    assert (waits["why"], waits["due"]) == (why, f"{morning}T00:00:00.000Z")
    await at(bench, f"{morning} 08:00")
    assert "2条提醒" in bench.sms.got[-1].text
    assert len(bench.sms.got) == 3
    assert await shown(bench, state="held") == []


@pytest.mark.parametrize("begun", ["20:45", "20:55"])
async def test_what_is_urgent_at_night_does_not_wait_with_a_list_that_waits_for_the_morning(
    bench: Bench, begun: str
) -> None:
    await bench.publish(*ALONE)
    await at(bench, f"2026-05-14 {begun}")
    for number in range(2):
        await lit(bench, f"i{number}")
    bench.sms.script.append(Retry("http_503"))  # the list of 20:55: tried again, it is put off to the morning, too
    bench.clock.set(local("2026-05-14 20:55"))
    await eventually(lambda: begun == "20:55" or not bench.sms.script)
    bench.sms.script.clear()
    await at(bench, "2026-05-15 02:00")
    before = len(bench.sms.got)
    await lit(bench, "u", urgency="urgent")
    assert len(bench.sms.got) == before + 1
    assert len(await shown(bench, state="held", medium="sms")) == 2, "the list, and what it is to tell"
    await at(bench, "2026-05-15 08:00")
    assert await shown(bench, state="held") == []


@pytest.mark.parametrize("urgency", ["normal", "urgent"])
async def test_what_a_units_own_address_did_not_take_at_once_is_tried_again_and_not_gathered_with_itself(
    bench: Bench, urgency: str
) -> None:
    await bench.publish(*ALONE)
    await at(bench, "2026-05-06 10:00")
    story = Story("i1")
    for sender in (bench.sms, bench.email):
        sender.script.append(Retry("http_503"))
    said = [story.submitted(bench.clock.now(), contact="none", urgency=urgency)]
    said += [story.assigned(at=bench.clock.now(), urgency=urgency), story.deadline()]
    await bench.publish(*map(on_the_wire, said))
    await eventually(bench.quiet)
    told = [one for one in await shown(bench) if one["recipient"] == "unit"]
    assert {one["medium"] for one in told} == ({"email", "sms"} if urgency == "urgent" else {"email"})
    assert {(one["state"], one["tries"]) for one in told} == {("sent", 2)}
