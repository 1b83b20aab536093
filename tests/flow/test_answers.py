"""A reviewer asks for more, and the party answers: by its page or by the hotline, in time or not at all."""

import re
from datetime import timedelta
from typing import Any

from tests.support.city import City
from tests.support.people import Issue

PHONE = "13911112222"
UNSURE = {"title": "咨询一件事", "text": "想问一件事该找谁。"}
QUESTION: dict[str, Any] = {"question": "路灯在哪一段？", "fields": ["place"]}


async def asked(city: City, **more: str) -> Issue:
    issue = await city.report("hotline", **UNSURE, **more)
    await city.person("reviewer").order(issue, "ask_more", QUESTION)
    assert await city.state(issue) == "awaiting_party"
    return issue


async def page(city: City) -> tuple[str, str]:
    """Open the page that the last message's link leads to; return its path and what it shows."""
    found = [re.search(r"http://city\.example(/my/\S+)", one.text) for one in city.sms.to(PHONE)]
    path = [one[1] for one in found if one][-1]
    shown = await city.client("desk").get(path)
    assert shown.status_code == 200
    return path, shown.text


async def answers(city: City, shown: str, text: str) -> str:
    """Send the page's form to where the page says; return whither it leads."""
    [target] = re.findall(r'action="http://intake\.example(/v1/supplements/[^"]+)"', shown)
    [key] = set(re.findall(r'name="key" value="([^"]+)"', shown))
    answer = await city.client("intake").post(target, data={"text": text, "key": key})
    await city.quiet()
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def test_a_party_that_is_asked_answers_by_its_link_and_the_review_goes_on(city: City) -> None:
    issue = await asked(city)
    path, shown = await page(city)
    assert QUESTION["question"] in shown
    assert (
        await answers(city, shown, "在寺前街60号门口，电话13911112222。")
        == f"http://city.example{path}?done=add&lang=zh"
    )
    assert "已收到您补充的情况" in (await city.client("desk").get(f"{path}?done=add")).text
    assert await city.state(issue) == "in_review"
    seen = await city.person("reviewer").sees(issue)
    assert seen is not None
    [told] = seen["supplements"]
    assert "寺前街60号门口" in told["text"] and PHONE not in told["text"]
    await city.person("reviewer").dispatch(issue, "urban-management")


async def test_an_answer_about_a_confidential_issue_rests_with_the_contact(city: City) -> None:
    issue = await asked(city, secrecy="confidential")
    _, shown = await page(city)
    assert QUESTION["question"] not in shown, "the page shows nothing of it"
    await answers(city, shown, "是隔壁厂里的王某做的。")
    [told] = await city.of(issue, "supplemented")
    assert told.data["text"] is None
    assert (await city.contact(issue, "original"))["added"][0]["text"] == "是隔壁厂里的王某做的。"
    assert "王某" not in await city.everything()


async def test_who_never_answers_is_reminded_and_then_closed_as_incomplete(city: City) -> None:
    issue = await asked(city)
    before = len(city.sms.to(PHONE))
    await city.advance(days=2)
    assert await city.of(issue, "supplement-reminded")
    assert len(city.sms.to(PHONE)) > before
    await city.advance(days=7)
    assert [one.data["kind"] for one in await city.of(issue, "closed")] == ["incomplete"]


async def test_the_limit_does_not_run_while_the_party_is_asked(city: City) -> None:
    issue = await city.report("hotline", **UNSURE)
    before = await city.limit(issue, "review")
    await city.person("reviewer").order(issue, "ask_more", QUESTION)
    await city.advance(minutes=30)
    await city.add(issue, "在寺前街。")
    assert await city.limit(issue, "review") == before + timedelta(minutes=30)
