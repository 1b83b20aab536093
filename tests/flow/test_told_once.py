"""Who is answered, refused or put on the register hears of it once by each medium, with what the law owes and the
number by which it can ask; that an issue goes on hears who heard that it rests."""

from sanfu.contracts.envelope import instant
from tests.flow.test_affairs import in_days
from tests.flow.test_more_time import UNIT, contacted
from tests.flow.test_refusals import FIRST, REPLY, SECOND, link, objects
from tests.flow.test_told_of_progress import UNSURE, told_the_party
from tests.support.city import City, in_memory, local
from tests.support.people import Issue

PHONE, MAIL = "13911112222", "wang.xiaoming@mail.example"
CONSULT = {"title": "咨询医保", "text": "请问医保怎么办理？", "kind": "consult"}
ANSWER = {"reply": "请携带身份证到社保窗口办理。"}


def once(what: str) -> list[tuple[str, str]]:
    return [("email", f"{what}-party-email"), ("sms", f"{what}-party-sms")]


async def told(city: City, issue: Issue) -> list[tuple[str, str]]:
    return sorted(await told_the_party(city, issue))


async def test_who_is_answered_at_intake_hears_the_answer_and_of_no_closing(city: City) -> None:
    issue = await city.report("hotline", **CONSULT)
    await city.staff(FIRST).order(issue, "answer", ANSWER)
    assert [one.data["kind"] for one in await city.of(issue, "closed")] == ["answered"]
    assert await told(city, issue) == once("answered")
    assert ANSWER["reply"] in city.mail.to(MAIL)[-1].text
    await objects(city, "没有说清楚。")
    await city.staff(SECOND).order(issue, "answer", {"reply": "社保窗口在办事大厅三楼。"})
    assert await told(city, issue) == sorted([*once("answered"), *once("answered-again")])
    last = city.sms.to(PHONE)[-1].text
    assert issue.receipt in last
    assert "/my/" not in last, "it was the last word"


async def test_who_is_refused_hears_of_it_once_and_again_what_the_law_owes_when_its_appeal_is_refused(
    city: City,
) -> None:
    issue = await city.report("hotline", **UNSURE)
    await city.staff(FIRST).order(issue, "refuse", {"reason": "litigation", "reply": REPLY})
    assert await told(city, issue) == once("refused")
    assert issue.receipt in link(city), "the number is in the link"
    await objects(city, "还没有立案。")
    await city.staff(SECOND).order(issue, "refuse", {"reason": "litigation", "reply": REPLY})
    assert await told(city, issue) == sorted([*once("refused"), *once("refused-again")])
    assert issue.receipt in city.sms.to(PHONE)[-1].text
    assert REPLY in city.mail.to(MAIL)[-1].text


async def test_a_petition_that_two_refuse_is_told_once_and_says_nothing_of_it(city: City) -> None:
    issue = await city.report("petition", title="欠薪", text="工地欠薪三个月。")
    await city.staff(FIRST).order(issue, "refuse", {"reason": "litigation", "reply": REPLY})
    assert await told(city, issue) == [], "one alone only proposes it"
    await city.staff(SECOND).order(issue, "confirm_refusal", {})
    assert await told(city, issue) == once("refused")
    assert not any(REPLY in one.text for one in (*city.sms.got, *city.mail.got)), "it is confidential"


async def test_a_petition_on_the_register_hears_that_it_was_admitted_and_by_when_more_is_told(city: City) -> None:
    issue = await city.report("petition", title="欠薪", text="工地欠薪三个月。")
    unit, office = "human-resources", city.person("coordination_office")
    await city.person("reviewer").dispatch(issue, unit, "difficult")
    await city.officer(unit).acknowledge(issue)
    await city.officer(unit).contact(issue)
    called = {"kind": "coordination", "title": "协调会", "at": in_days(city, 0.1), "issues": [issue.id]}
    meeting = (await office.make("meetings", called))["id"]
    await city.advance(hours=3)
    plan = {
        "owner": unit, "cause": "企业破产清算", "report_by": in_days(city, 60),
        "plan": [{"text": "清算", "limit": in_days(city, 10)}],
    }  # fmt: skip
    decided = {"issue": issue.id, "decision": "register", "text": "列入挂账管理。", "unit": unit, "plan": plan}
    await office.make(f"meetings/{meeting}/hold", {"held_at": in_days(city, 0), "decisions": [decided]})
    assert await city.state(issue) == "registered"
    assert await told(city, issue) == [
        (by, f"{what}-party-{by}") for by in ("email", "sms") for what in ("petition-admitted", "registered")
    ]
    assert all(issue.receipt in one.text for one in city.sms.to(PHONE))


async def test_a_receipt_that_waited_for_the_morning_is_not_sent_with_the_answer() -> None:
    async with in_memory("2026-05-06 22:30") as city:
        issue, other = await city.report("hotline", **CONSULT), await city.report("hotline", **CONSULT)
        await city.staff(FIRST).order(issue, "answer", ANSWER)
        await city.advance_to(local("2026-05-07 08:30"))
        [answered] = [one.text for one in city.sms.to(PHONE) if issue.receipt in one.text]
        assert "已答复" in answered
        [received] = [one.text for one in city.sms.to(PHONE) if other.receipt in one.text]
        assert "已收到" in received, "nobody answered it yet"
        assert await told(city, issue) == once("answered")


# ── it rests, and goes on ────────────────────────────────────────────────────────────────────────────────────────────


async def resting(city: City, until: str) -> Issue:
    issue = await contacted(city)
    await city.officer(UNIT).order(issue, "suspend", {"reason": "weather", "until": instant(local(until))})
    return issue


async def test_who_heard_that_it_rests_hears_that_it_goes_on_and_the_officer_of_what_nobody_resumed(
    city: City,
) -> None:
    by_itself, by_hand = await resting(city, "2026-05-07 10:00"), await resting(city, "2026-05-08 10:00")
    await city.advance(hours=1)
    await city.officer(UNIT).order(by_hand, "resume", {})
    await city.advance_to(local("2026-05-07 14:00"))
    await city.advance(minutes=1)
    for issue in (by_itself, by_hand):
        assert await told(city, issue) == [("sms", "resumed-party-sms"), ("sms", "suspended-party-sms")]
    mails = [f"{one.subject}{one.text}" for one in city.mail.to(city.email("officer", UNIT)) if "挂起" in one.text]
    assert any(by_itself.receipt in one for one in mails)
    assert not any(by_hand.receipt in one for one in mails), "who did it himself knows"


async def test_who_had_not_heard_that_it_rested_by_when_it_went_on_hears_neither() -> None:
    async with in_memory("2026-05-06 21:30") as city:
        issue = await resting(city, "2026-05-08 10:00")
        await city.officer(UNIT).order(issue, "resume", {})
        await city.advance_to(local("2026-05-07 08:30"))
        assert await told(city, issue) == []
        assert await city.of(issue, "delivery-failed") == [], "it is no failure either"


async def test_that_a_party_is_not_content_is_heard_by_the_office_and_by_who_handled_it_until_it_is_decided(
    city: City,
) -> None:
    waits, decided = await contacted(city), await contacted(city)
    for issue in (waits, decided):
        await city.officer(UNIT).handle(issue)
        await city.person("follow_up_caller").follow_up(issue)
        await city.person("hotline_operator").order(issue, "request_reopen", {"reason": "又坏了。"})
    await city.advance(minutes=1)
    await city.person("coordination_office").order(decided, "decline_reopen", {"reply": "已派人复查，确已修好。"})
    await city.advance_to(local("2026-05-06 14:00"))
    await city.advance(minutes=1)
    office = city.pack.units[city.pack.office_unit].mailbox or ""
    for to in (office, city.email("officer", UNIT)):
        lines = [f"{one.subject}\n{one.text}".splitlines() for one in city.mail.to(to)]
        asked = [line for each in lines for line in each if "重办" in line]
        assert any(waits.receipt in line for line in asked), to
        assert not any(decided.receipt in line for line in asked), to
