"""A party adds that there is danger: who must act hears of it at once, however the case stood and however secret."""

from datetime import timedelta

import pytest

from tests.flow.test_answers import answers, asked, page
from tests.flow.test_merging import OTHERS, joined
from tests.flow.test_merging import UNIT as LAMPS
from tests.support.assembling import channel_key
from tests.support.city import City

UNIT = "water"
CLOCK = "emergency_acknowledge"
DUTY = "emergency"


@pytest.mark.parametrize("secrecy", ["open", "confidential"])
async def test_a_party_that_is_asked_for_more_answers_with_danger_and_does_not_wait_for_a_reviewer(
    city: City, secrecy: str
) -> None:
    issue = await asked(city, secrecy=secrecy)
    _, shown = await page(city)
    back = await answers(city, shown, "不用补材料了，配电箱已经冒烟着火了！")
    assert "danger=1" in back
    path = back.removeprefix("http://city.example")
    first = (await city.client("desk").get(path)).text
    assert "119" in first.split("已收到您补充的情况")[0], "whom to call stands before everything else"
    assert await city.state(issue) == "assigned"
    assert await city.limit(issue, CLOCK) == city.clock.now() + timedelta(minutes=15)
    told = city.sms.to(city.phone("duty_officer", DUTY))
    assert [("紧急" in one.text, "配电箱" in one.text) for one in told] == [(True, False)]
    [changed] = await city.of(issue, "urgency-changed")
    assert (changed.data["supplement"], changed.data["by"]["role"]) == (1, "system")
    if secrecy == "confidential":
        assert "着火" not in await city.everything()
    await city.advance(minutes=16)
    assert [level for level, _ in await city.lights(issue, CLOCK)] == ["red"]


async def test_what_the_office_called_no_emergency_is_one_again_by_new_words_and_runs_from_then(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp", title="路灯不亮", text="路灯坏了三天")
    await city.add(issue, "灯杆上冒火花。")
    lowered = {"urgency": "normal", "reason": "电工看过，系车灯反光"}
    await city.person("coordination_office").order(issue, "lower_urgency", lowered)
    await city.advance(hours=1)
    assert await city.lights(issue, CLOCK) == []
    await city.add(issue, "什么时候来修？")
    assert [one.data["urgency"] for one in await city.of(issue, "urgency-changed")] == ["emergency", "normal"]
    await city.add(issue, "灯杆漏电，刚才有人触电了！")
    assert await city.limit(issue, CLOCK) == city.clock.now() + timedelta(minutes=15)


async def test_danger_after_it_was_handled_has_it_handled_again_and_sealed_it_stays_with_the_liaison(
    city: City,
) -> None:
    issue = await city.report("hotline", category="drainage", text="下水道堵了，路面都是水。")
    await city.officer(UNIT).do_all(issue)
    await city.add(issue, "路面塌方，有人掉下去了！")
    assert (await city.state(issue), await city.limit(issue, CLOCK)) == (
        "assigned", city.clock.now() + timedelta(minutes=15)
    )  # fmt: skip
    assert (await city.of(issue, "reopened"))[0].data["because"] == "emergency"
    sealed = await city.report("hotline", title="反映某主任", text="某主任索贿")
    await city.add(sealed, "他派人打我，要出人命了，有人持刀")
    [changed] = await city.of(sealed, "urgency-changed")
    assert changed.data["urgency"] == "emergency"
    assert "持刀" not in await city.everything()


@pytest.mark.parametrize("how", ["by a channel", "by a person", "after the head was handled"])
async def test_what_was_merged_and_turns_out_an_emergency_goes_on_by_itself_by_the_minute(city: City, how: str) -> None:
    head, other = await joined(city)
    if how == "after the head was handled":
        await city.officer(LAMPS).do_all(head)
    if how == "by a person":
        said = {"urgency": "emergency", "reason": "来电人说灯杆漏电"}
        await city.person("follow_up_caller").order(other, "raise_urgency", said)
    else:
        calm = await city.client("intake").post(
            f"/v1/receipts/{other.receipt}/supplements", json={"text": "还是不亮。"},
            headers={"X-Api-Key": channel_key("hotline"), "Idempotency-Key": "calm"},
        )  # fmt: skip
        assert calm.status_code == (409 if how == "by a channel" else 201), "while it goes on elsewhere, danger alone"
        await city.quiet()
        await city.add(other, "灯杆漏电，有人触电了！")
    assert (await city.state(other), (await city.receipt(other))["state"]) == ("assigned", "assigned")
    [apart] = await city.of(other, "separated")
    assert (apart.data["because"], apart.data["head"]) == ("emergency", head.id)
    assert await city.limit(other, CLOCK) == city.clock.now() + timedelta(minutes=15)
    assert any("紧急" in one.text for one in city.sms.to(city.phone("duty_officer", DUTY)))
    assert any("紧急" in one.text and "119" in one.text for one in city.sms.to(OTHERS)), "its party hears whom to call"
    heard = [one.data["what"] for one in await city.of(head, "affair-noted")]
    assert heard == ["supporter_merged", "merged_urgency"], "who handles the head sees it in its story"
    assert [one.data["what"] for one in await city.unit_topic(LAMPS, head) if one.type == "affair-noted"] == heard
    assert await city.of(head, "urgency-changed") == []
    await city.advance(days=25)
    lit = [await city.lights(other, clock) for clock in (CLOCK, "follow_up", "review")]
    assert [[level for level, _ in lights] for lights in lit] == [["red"], [], []]
