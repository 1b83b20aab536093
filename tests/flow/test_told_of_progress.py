"""The party hears where its issue went, and that it takes longer; the office hears what it is asked to decide."""

from sanfu.contracts.envelope import instant
from tests.flow.parts import ON_BOTH
from tests.support.city import City, local
from tests.support.people import Issue

PHONE, MAIL = "13911112222", "wang.xiaoming@mail.example"
UNSURE = {"title": "咨询一件事", "text": "想问一件事该找谁。"}
ELSEWHERE = {
    "to": "金华市交通运输局", "reason": "outside_jurisdiction", "reply": "属金华市管辖，请拨打金华市12345热线。",
}  # fmt: skip


def office_mail(city: City) -> list[tuple[str | None, str]]:
    mailbox = city.pack.units[city.pack.office_unit].mailbox or ""
    return [(one.subject, one.text) for one in city.mail.to(mailbox)]


async def told_the_party(city: City, issue: Issue) -> list[tuple[str, str]]:
    """By what and in which words the party was told, of what came after its receipt."""
    told = [one.data for one in await city.of(issue, "party-informed") if one.data["recipient"] == "party"]
    return [(one["medium"], one["template"]) for one in told if not one["template"].startswith("receipt")]


@ON_BOTH
async def test_the_party_of_a_forwarded_issue_hears_once_where_it_went_and_how_to_reach_them(city: City) -> None:
    issue = await city.report("hotline", **UNSURE)
    await city.person("reviewer").order(issue, "forward", ELSEWHERE)
    assert [one.data["kind"] for one in await city.of(issue, "closed")] == ["other_route"]
    assert ELSEWHERE["to"] in city.sms.to(PHONE)[-1].text
    mail = city.mail.to(MAIL)[-1]
    assert issue.receipt in (mail.subject or "")
    assert ELSEWHERE["to"] in mail.text
    assert ELSEWHERE["reply"] in mail.text
    assert sorted(await told_the_party(city, issue)) == [
        ("email", "forwarded-party-email"), ("sms", "forwarded-party-sms"),
    ]  # fmt: skip


async def test_of_a_confidential_one_the_message_names_neither_the_body_nor_what_was_replied(city: City) -> None:
    issue = await city.report("petition", title="欠薪", text="工地欠薪三个月。")
    await city.person("reviewer").order(issue, "forward", ELSEWHERE)
    sent = [*city.sms.to(PHONE), *city.mail.to(MAIL)]
    assert any("已转交有权处理的机关" in one.text for one in sent)
    assert not any(word in one.text for one in sent for word in ("金华", "12345"))


async def test_an_issue_that_rests_tells_its_party_until_when(city: City) -> None:
    issue = await city.report("hotline", **UNSURE)
    await city.person("reviewer").dispatch(issue, "water", "complex")
    officer = city.officer("water")
    await officer.acknowledge(issue)
    await officer.contact(issue)
    until = local("2026-05-08 10:00")
    await officer.order(issue, "suspend", {"reason": "appraisal", "until": instant(until)})
    assert "暂缓办理，最迟5月8日 10:00恢复" in city.sms.to(PHONE)[-1].text


async def test_the_office_hears_that_more_time_is_asked_for_and_what_it_decided_is_asked_no_more(city: City) -> None:
    issue = await city.report("petition", title="欠薪", text="工地欠薪三个月。")
    await city.person("reviewer").dispatch(issue, "human-resources", "complex")
    officer = city.officer("human-resources")
    await officer.acknowledge(issue)
    await officer.contact(issue)
    await city.advance(minutes=11)
    await officer.order(issue, "ask_extension", {"reason": "等待鉴定结论"})
    asked = [text for subject, text in office_mail(city) if "延期申请" in (subject or "")]
    assert len(asked) == 1
    assert "human" not in asked[0]
    assert city.pack.units["human-resources"].name("zh") not in asked[0], "it is confidential"
    assert any("申请延期" in one.text for one in city.sms.to(city.phone("unit_head", city.pack.office_unit)))


async def test_what_waits_for_review_comes_in_a_list_and_what_was_reviewed_before_is_not_in_it(city: City) -> None:
    """10:00: the office's list is at 14:00."""
    waits, dispatched = [await city.report("hotline", **UNSURE) for _ in range(2)]
    await city.advance(minutes=1)
    await city.person("reviewer").dispatch(dispatched, "water", "complex")
    assert office_mail(city) == []
    await city.advance_to(local("2026-05-06 14:00"))
    await city.advance(minutes=1)
    lists = [text for _, text in office_mail(city)]
    assert any(waits.receipt in text for text in lists)
    assert not any(dispatched.receipt in text for text in lists)
