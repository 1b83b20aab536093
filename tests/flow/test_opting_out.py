"""Who would rather not be told says so by a signed link; what the law owes, and an emergency, comes all the same."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from sanfu.notify.domain.preferences import MEDIA
from tests.flow.test_emergencies_rung import RAISED, deliveries
from tests.flow.test_more_time import UNIT, contacted
from tests.support.assembling import TOLD as WHERE
from tests.support.city import City, in_memory
from tests.support.people import Issue
from tests.unit.notify.test_preferences import ticked

PHONE, MAIL = "13911112222", "wang.xiaoming@mail.example"


@asynccontextmanager
async def telling_where(at: str = "2026-05-06 09:00") -> AsyncIterator[City]:
    """A city whose mails say where further ones may be refused."""
    async with in_memory(at) as city:
        await city.stop("notify")
        city.notify["messages_url"] = WHERE
        await city.start("notify")
        yield city


def link_of(city: City, issue: Issue) -> str:
    told = next(one.text for one in reversed(city.mail.to(MAIL)) if issue.receipt in one.text)
    (found,) = re.findall(rf"{WHERE}(/messages/\S+)", told)
    return str(found)


async def chosen(city: City, link: str, *media: str) -> httpx.Response:
    """Send the page's form with these media ticked."""
    return await city.client("notify").post(link, data={"save": "1", **dict.fromkeys(media, "on")})


def got(city: City) -> tuple[int, int]:
    return len(city.sms.to(PHONE)), len(city.mail.to(MAIL))


async def handled(city: City, issue: Issue) -> None:
    """Handled and closed: of the closing the party is told by both media."""
    await city.officer(UNIT).handle(issue)
    await city.person("follow_up_caller").follow_up(issue, satisfied=5)
    await city.advance(days=1)


async def test_looking_changes_nothing_who_refused_hears_what_the_law_owes_and_who_comes_back_hears_all() -> None:
    async with telling_where() as city:
        issue = await contacted(city)
        link = link_of(city, issue)
        shown = await city.client("notify").get(link)
        assert (shown.status_code, ticked(shown.text)) == (200, ["sms", "email", "all_email"])
        assert PHONE not in shown.text
        assert MAIL not in shown.text
        assert (await chosen(city, link)).status_code == 200
        before = got(city)
        await city.officer(UNIT).order(issue, "ask_extension", {"reason": "等待配件"})
        await city.person("coordination_office").order(issue, "decide_extension", {"granted": True})
        assert got(city) == (before[0] + 1, before[1] + 1), "the law owes it"
        await city.officer(UNIT).handle(issue)
        assert got(city) == (before[0] + 1, before[1] + 1)
        refused = await deliveries(city, subject=issue.id, reason="opted_out")
        assert {(one["recipient"], one["state"]) for one in refused} == {("party", "skipped")}
        assert (await chosen(city, link, "sms", "email")).status_code == 200
        await city.person("follow_up_caller").follow_up(issue, satisfied=5)
        await city.advance(days=1)
        assert got(city) == (before[0] + 2, before[1] + 2), "it is closed"


async def test_who_left_only_a_phone_finds_on_its_own_page_where_to_refuse() -> None:
    async with in_memory("2026-05-06 09:00") as city:
        issue = await contacted(city)
        found = await city.client("desk").post("/my", data={"number": issue.receipt, "digits": PHONE[-4:]})
        page = await city.client("desk").get(found.headers["location"])
        (link,) = re.findall(rf'href="{WHERE}(/messages/[^"?]+)\?lang=zh"', page.text)
        before = len(city.sms.to(PHONE))
        assert (await chosen(city, link, "email")).status_code == 200
        await city.officer(UNIT).handle(issue)
        await city.person("follow_up_caller").follow_up(issue, satisfied=5)
        await city.advance(days=1)
        assert len(city.sms.to(PHONE)) == before
        refused = await deliveries(city, subject=issue.id, reason="opted_out")
        assert {(one["recipient"], one["medium"]) for one in refused} == {("party", "sms")}
        assert (await city.client("notify").get(link)).status_code == 404, "good for a visit"


async def test_an_officer_who_refuses_mails_hears_of_lights_by_sms_alone_and_the_head_as_before() -> None:
    async with telling_where() as city:
        mailbox, phone = city.email("officer", UNIT), city.phone("officer", UNIT)
        issue = await contacted(city)
        limit = await city.limit(issue)
        await city.advance_to(limit - timedelta(seconds=1))
        told = next(one.text for one in city.mail.to(mailbox) if "黄灯" in f"{one.subject} {one.text}")
        (link,) = re.findall(rf"{WHERE}(/messages/\S+)", told)
        shown = (await city.client("notify").get(link)).text
        assert shown.count(" checked") == 6, "an account has every medium"
        assert (await chosen(city, link, "sms", "inbox", "webhook", "dingtalk", "wecom")).status_code == 200
        mails, messages = len(city.mail.to(mailbox)), len(city.sms.to(phone))
        await city.advance_to(limit + timedelta(hours=1))
        assert (len(city.mail.to(mailbox)), len(city.sms.to(phone))) == (mails, messages + 1)
        assert any("红灯" in f"{one.subject} {one.text}" for one in city.mail.to(city.email("unit_head", UNIT)))
        [refused] = await deliveries(city, subject=issue.id, reason="opted_out")
        assert (refused["recipient"], refused["medium"], refused["state"]) == ("officer", "email", "skipped")
        assert (await chosen(city, link, *MEDIA)).status_code == 200
        await city.advance_to(await city.limit(await contacted(city)))
        assert len(city.mail.to(mailbox)) == mails + 2, "who comes back is told of both lights"


async def test_an_emergency_is_told_to_who_refused_everything() -> None:
    async with telling_where() as city:
        issue = await contacted(city)
        await chosen(city, link_of(city, issue))
        before = got(city)
        await city.person("coordination_office").order(issue, "raise_urgency", RAISED)
        await city.officer(UNIT).acknowledge(issue)
        await city.officer(UNIT).contact(issue)
        await city.officer(UNIT).handle(issue)
        assert got(city) > before


async def test_a_link_that_is_forged_too_old_or_of_something_else_opens_nothing_and_another_partys_only_its_own() -> (
    None
):
    async with telling_where() as city:
        issue = await contacted(city)
        other = await city.report("hotline", category="drainage", party={"name": "李四", "email": "li.si@mail.example"})
        link = link_of(city, issue)
        (others,) = re.findall(rf"{WHERE}(/messages/\S+)", city.mail.to("li.si@mail.example")[-1].text)
        await chosen(city, others)
        assert ticked((await city.client("notify").get(link)).text)[:2] == ["sms", "email"], "one's own is as it was"
        assert other.id != issue.id
        at = len("/messages/") + 10
        forged = link[:at] + ("A" if link[at] != "A" else "B") + link[at + 1 :]
        await city.officer(UNIT).handle(issue)
        await city.advance(days=1)
        [*_, page] = re.findall(r"/my/(\S+)", "\n".join(one.text for one in city.sms.to(PHONE)))
        for bad in (forged, f"/messages/{page}", "/messages/x", f"/messages/{'x' * 5000}"):
            for answer in (await city.client("notify").get(bad), await chosen(city, bad)):
                assert answer.status_code == 404, bad
                assert "no-such-link" in answer.text
        await city.advance(days=91)
        assert (await city.client("notify").get(link)).status_code == 404
        assert (await chosen(city, link)).status_code == 404


@pytest.mark.parametrize("medium", ["sms", "email"])
async def test_who_refuses_one_medium_is_told_by_the_other(medium: str) -> None:
    async with telling_where() as city:
        issue = await contacted(city)
        await chosen(city, link_of(city, issue), "email" if medium == "sms" else "sms")
        before = got(city)
        await handled(city, issue)
        more = [after - earlier for after, earlier in zip(got(city), before, strict=True)]
        assert [bool(one) for one in more] == [medium != "sms", medium != "email"]


async def test_who_has_a_link_by_sms_refuses_all_to_the_number_but_what_the_law_owes_and_what_is_of_danger() -> None:
    async with telling_where() as city:
        issue, other = await contacted(city), await contacted(city)
        by_number = await city.client("desk").post("/my", data={"number": issue.receipt, "digits": PHONE[-4:]})
        assert (
            "all_sms" not in (await city.client("notify").get(await leads_to(city, by_number.headers["location"]))).text
        )
        await city.officer(UNIT).handle(issue)
        [*_, page] = re.findall(r"(/my/\S+)", "\n".join(one.text for one in city.sms.to(PHONE)))
        link = await leads_to(city, page)
        said = {"asked_sms": "1", "sms": "on", "email": "on"}
        assert (await city.client("notify").post(link, data=said)).status_code == 200
        before = got(city)
        await city.officer(UNIT).handle(other)
        assert got(city) == (before[0], before[1] + 1), "by mail alone"
        late = await contacted(city)
        assert got(city) == (before[0], before[1] + 2), "of a later report too"
        await city.officer(UNIT).order(late, "ask_extension", {"reason": "等待配件"})
        await city.person("coordination_office").order(late, "decide_extension", {"granted": True})
        assert got(city)[0] == before[0] + 1, "the law owes it"
        await city.person("coordination_office").order(late, "raise_urgency", RAISED)
        await city.officer(UNIT).do_all(late)
        assert got(city)[0] > before[0] + 1, "an emergency's"
        assert (await city.client("notify").post(link, data={**said, "all_sms": "on"})).status_code == 200
        again = got(city)
        await contacted(city)
        assert got(city) == (again[0] + 1, again[1] + 1)


async def leads_to(city: City, page: str) -> str:
    """Where a party's own page leads, for what it would rather not be told by."""
    shown = await city.client("desk").get(page)
    (link,) = re.findall(rf'href="{WHERE}(/messages/[^"?]+)\?lang=zh"', shown.text)
    return str(link)
