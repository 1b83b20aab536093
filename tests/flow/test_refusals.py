"""Who is told no: each reason a city has, the second person, the appeal, and who decides that."""

import re

import pytest

from sanfu.desk.domain.deeds.reviewing import MALICIOUS, SPAM, refusal_reasons
from tests.support.city import City
from tests.support.packs import shipped
from tests.support.people import Issue
from tests.support.scribe import page_of

PHONE = "13911112222"
FIRST, SECOND = "office-reviewer-1", "office-reviewer-2"
REPLY = "此事按规定不由本平台受理，请凭材料向有权机关提出。"
OFFER = "可由佛堂镇人民调解委员会免费调解，请到便民服务中心登记。"
BY_TWO = {SPAM, MALICIOUS}
UNSURE = {"title": "咨询一件事", "text": "想问一件事该找谁。"}


def link(city: City) -> str:
    """The party's link, out of the last message that holds one."""
    found = [re.search(r"http://city\.example(/my/\S+)", one.text) for one in city.sms.to(PHONE)]
    return [one[1] for one in found if one][-1]


async def objects(city: City, said: str, status: int = 303) -> None:
    form = {"key": f"k{next(city.numbers)}", "reason": said}
    answer = await city.client("desk").post(f"{link(city)}/object", data=form)
    assert answer.status_code == status, answer.text
    await city.quiet()


async def refused(city: City, reason: str) -> Issue:
    issue = await city.report("hotline", **UNSURE)
    reviewer = city.staff(FIRST)
    if reason == "civil_dispute":
        await reviewer.order(issue, "refuse", {"reason": reason, "reply": REPLY}, refused="not-offered")
        await reviewer.order(issue, "offer_mediation", {"mediator": "佛堂镇人民调解委员会", "reply": OFFER})
        assert any(OFFER in one.text for one in city.mail.got), "the party hears by whom and how"
        assert OFFER in (await city.client("desk").get(page_of(city, issue))).text, "and reads it on its page"
    if reason == "no_facts":
        await reviewer.order(issue, "refuse", {"reason": reason, "reply": REPLY}, refused="not-asked")
        await reviewer.order(issue, "ask_more", {"question": "请说明时间、地点和经过。", "fields": ["text"]})
        await city.add(issue, "说不清楚。")
    await reviewer.order(issue, "refuse", {"reason": reason, "reply": REPLY})
    if reason in BY_TWO:
        await city.person("coordination_office").order(issue, "confirm_refusal", {})
    return issue


@pytest.mark.parametrize("reason", refusal_reasons(shipped()))
async def test_a_refusal_has_a_reason_of_the_city_and_its_appeal_is_decided_by_somebody_else(
    city: City, reason: str
) -> None:
    issue = await refused(city, reason)
    [told] = await city.of(issue, "refused")
    assert (told.data["reason"], told.data["second"] is not None) == (reason, reason in BY_TWO)
    assert [one.data["kind"] for one in await city.of(issue, "closed")] == ["refused"]
    assert any(REPLY in one.text for one in city.mail.got), "the party hears it in words"
    await objects(city, "我的事不属于这种情况。")
    assert await city.state(issue) == "in_review"
    await city.staff(FIRST).order(issue, "refuse", {"reason": reason, "reply": REPLY}, refused="decided-it")
    await city.staff(FIRST).dispatch(issue, "urban-management", refused="decided-it")
    await city.staff(SECOND).dispatch(issue, "urban-management")
    await city.officer("urban-management").do_all(issue)
    assert await city.state(issue) == "handled"


async def test_an_appeal_that_is_refused_too_is_the_last_and_one_that_comes_late_is_none(city: City) -> None:
    issue = await refused(city, "litigation")
    await objects(city, "还没有立案。")
    await city.staff(SECOND).order(issue, "refuse", {"reason": "litigation", "reply": REPLY})
    assert await city.state(issue) == "closed"
    await objects(city, "我不服。", status=409)
    late = await refused(city, "arbitration")
    await city.advance(days=16)
    await objects(city, "刚看到。", status=404)
    assert await city.state(late) == "closed"


@pytest.mark.parametrize(
    ("channel", "audience"), [("enterprise_seat", "enterprise"), ("petition", "resident"), ("whistle", "grassroots")]
)
async def test_what_comes_by_these_channels_is_not_refused_by_one_person_alone(
    city: City, channel: str, audience: str
) -> None:
    issue = await city.report(channel, audience=audience, **UNSURE)
    assert await city.state(issue) == "in_review"
    one, other = city.staff(FIRST), city.staff(SECOND)
    await one.order(issue, "refuse", {"reason": "litigation", "reply": REPLY})
    assert await city.state(issue) == "in_review"
    await one.order(issue, "confirm_refusal", {}, refused="second-person-needed")
    await other.order(issue, "decline_refusal", {"reason": "尚未立案，应当受理。"})
    assert await city.state(issue) == "in_review"
    await one.order(issue, "refuse", {"reason": "litigation", "reply": REPLY})
    await other.order(issue, "confirm_refusal", {})
    [told] = await city.of(issue, "refused")
    assert (told.data["by"]["id"], told.data["second"]) == (FIRST, SECOND)
