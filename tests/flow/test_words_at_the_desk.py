"""What a party says at the desk is listened to: on its own page, to a call-taker, wherever its issue stands."""

from datetime import timedelta

import pytest

from tests.flow.test_merging import OTHERS, joined, says
from tests.flow.test_merging import UNIT as LAMPS
from tests.flow.test_petitions import petition
from tests.support.city import City
from tests.support.people import Issue
from tests.support.scribe import page_of

CLOCK, DUTY = "emergency_acknowledge", "emergency"
DANGER = "灯杆漏电，有人触电了！"


async def an_emergency(city: City, issue: Issue) -> None:
    """It is with somebody, by the minute; its duty phone rang, and its party was told whom to call."""
    assert (await city.state(issue), (await city.receipt(issue))["state"]) == ("assigned", "assigned")
    assert await city.limit(issue, CLOCK) == city.clock.now() + timedelta(minutes=15)
    told = city.sms.to(city.phone("duty_officer", DUTY))
    assert any("紧急" in one.text for one in told)
    assert not any("漏电" in one.text for one in city.sms.got)
    [changed] = await city.of(issue, "urgency-changed")
    assert (changed.data["urgency"], changed.data["by"]["role"]) == ("emergency", "system")


@pytest.mark.parametrize("how", ["remind", "withdraw", "rate", "request_reopen"])
async def test_danger_that_a_party_names_on_its_own_page_is_an_emergency_at_once(city: City, how: str) -> None:
    issue = await city.report("hotline", category="road-lamp")
    if how in {"rate", "request_reopen"}:
        await city.officer(LAMPS).do_all(issue)
    if how == "request_reopen":
        await city.person("follow_up_caller").follow_up(issue)
        assert await city.state(issue) == "closed"
    path = page_of(city, issue)
    said = {"text" if how == "remind" else "reason": DANGER, **({"resolved": "no"} if how == "rate" else {})}
    await says(city, path, how, **said)
    await an_emergency(city, issue)
    shown = (await city.client("desk").get(path)).text
    assert shown.index("119") < shown.index('class="number"'), "whom to call stands before everything else"
    await city.advance(minutes=16)
    assert [level for level, _ in await city.lights(issue, CLOCK)] == ["red"]


async def test_danger_in_an_objection_and_in_a_wish_for_a_review_is_with_somebody_who_acts(city: City) -> None:
    asked = await city.report("hotline", kind="consult", title="咨询一件事", text="想问一件事该找谁。")
    await city.person("reviewer").order(asked, "answer", {"reply": "请到便民服务中心办理。"})
    assert await city.state(asked) == "closed"
    await says(city, page_of(city, asked), "object", reason=DANGER)
    await an_emergency(city, asked)
    letter = await petition(city)
    await city.officer("human-resources").do_all(letter)
    await city.person("follow_up_caller").follow_up(letter)
    await city.person("reviewer").order(letter, "ask_review", {"reason": "工棚要塌了，有人被困"})
    await an_emergency(city, letter)
    await city.advance(days=40)
    assert await city.lights(letter, "petition_review") == [], "nobody reviews an answer that stands no more"


async def test_what_was_merged_and_whose_party_reminds_of_danger_goes_on_by_itself(city: City) -> None:
    head, other = await joined(city)
    await says(city, page_of(city, other), "remind", text=DANGER)
    await an_emergency(city, other)
    [apart] = await city.of(other, "separated")
    assert (apart.data["because"], apart.data["head"]) == ("emergency", head.id)
    assert [one.data["what"] for one in await city.of(head, "affair-noted")] == ["supporter_merged", "merged_urgency"]
    assert any("紧急" in one.text and "119" in one.text for one in city.sms.to(OTHERS))
