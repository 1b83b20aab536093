"""Words that nobody is to hear: written wherever a command takes any, then looked for in all that the city tells,
keeps and shows."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sanfu.contracts.envelope import instant
from sanfu.desk.domain.hearing import LISTENED
from sanfu.desk.entrypoints.commands.all import BODIES
from tests.support.city import City
from tests.support.people import Issue, Person
from tests.support.scribe import OF_AFFAIRS, Scribe, documents, page_of, shown, told, writing

UNIT, HELPER, OTHER = "housing-construction", "transport", "urban-management"
PURPOSE = {"purpose": "核对办理情况"}
ALL = (writing(BODIES) | writing(OF_AFFAIRS)) - {"correct_contact"}
"""Commands in which people write; what a party is reached by is in no event, of whatever issue."""
NEVER_ON_SECRET = {"instruct", "plan_errand", "step_errand"}
"""What nobody does to a confidential issue: neither a city's leader nor an agent at a window sees any."""
ALWAYS_SECRET = {"ask_review", "decide_review"}
"""What is done to petitions, which are confidential from the first."""
OF_LEVELS = {"raise_secrecy", "lower_secrecy"}
"""What makes an issue another one: done at the end."""


def office(city: City) -> Person:
    return city.person("coordination_office", "three-services-office")


def in_days(city: City, days: float) -> str:
    return instant(city.clock.now() + timedelta(days=days))


async def told_of(city: City, scribe: Scribe, channel: str = "hotline", **more: Any) -> Issue:
    """Report something, in words of the scribe."""
    place = {"town": "fotang", "address": scribe.word()}
    return await city.report(channel, title=scribe.word(), text=scribe.word(), place=place, **more)


async def lamp(city: City, scribe: Scribe, **more: Any) -> Issue:
    """Report what a unit leads: by a rule, or, as no rule decides about what is confidential, by a reviewer."""
    issue = await told_of(city, scribe, category="road-lamp", **more)
    if await city.state(issue) == "in_review":
        await scribe.order(city.person("reviewer"), issue, "dispatch", unit=UNIT, grade="simple")
    return issue


# ── a life in which every command is given that takes a word ─────────────────────────────────────────────────────────


async def disputed(city: City, scribe: Scribe, **more: Any) -> Issue:
    """Returned twice, judged, dispatched, and contacted by the exemption of the office."""
    issue = await lamp(city, scribe, **more)
    for unit, to in ((UNIT, OTHER), (OTHER, UNIT)):
        await scribe.order(city.officer(unit), issue, "return", ground="duties", proposed_unit=to)
    await scribe.order(office(city), issue, "dispatch", unit=UNIT, grade="complex")
    await city.officer(UNIT).acknowledge(issue)
    await scribe.order(office(city), issue, "exempt", of="contact")
    return issue


async def worked_at(city: City, scribe: Scribe, issue: Issue) -> None:
    """All that a lead may do before it is handled, with all who have a part in it."""
    lead, helper, boss = city.officer(UNIT), city.officer(HELPER), office(city)
    await scribe.order(lead, issue, "contact", result="reached")
    for who, end in ((helper, "assist_done"), (helper, "not_ours"), (lead, "cancel_assist")):
        await scribe.order(lead, issue, "ask_assist", unit=HELPER)
        await scribe.order(who, issue, end)
    await scribe.order(lead, issue, "copy", unit="tax")
    await scribe.order(lead, issue, "end_copy", unit="tax")
    for who, end in ((city.officer("emergency"), "decline_handover"), (lead, "withdraw_offer")):
        await scribe.order(lead, issue, "offer_handover", unit="emergency")
        await scribe.order(who, issue, end)
    await scribe.order(lead, issue, "ask_grade", grade="difficult")
    await scribe.order(boss, issue, "decide_grade", granted=True)
    await scribe.order(lead, issue, "ask_extension")
    await scribe.order(boss, issue, "decide_extension", granted=True)
    await scribe.order(lead, issue, "suspend", reason="appraisal")
    await lead.order(issue, "resume", {})
    await scribe.order(boss, issue, "raise_urgency", urgency="urgent")
    await scribe.order(boss, issue, "lower_urgency", urgency="normal")
    await scribe.order(city.person("reviewer"), issue, "recuse", units=["police"])
    await scribe.order(city.person("reviewer"), issue, "flag", add=["legacy"])


async def signed(city: City, scribe: Scribe, issue: Issue, **said: Any) -> None:
    """Handled, and signed where that has to be."""
    await scribe.order(city.officer(UNIT), issue, "handle", **said)
    if "sign" in (await city.head(UNIT).sees(issue) or {})["allowed"]:
        await city.head(UNIT).order(issue, "sign", {})


async def petitioned(city: City, scribe: Scribe) -> Issue:
    """A petition that is reviewed; all petitions are confidential."""
    issue = await told_of(city, scribe, "petition")
    await scribe.order(city.person("reviewer"), issue, "dispatch", unit=UNIT, grade="complex")
    await city.officer(UNIT).acknowledge(issue)
    await scribe.order(city.officer(UNIT), issue, "contact", result="reached")
    await signed(city, scribe, issue, outcome="solved")
    await scribe.order(city.person("follow_up_caller"), issue, "follow_up", resolved="yes", method="writing")
    await scribe.order(office(city), issue, "ask_review")
    await scribe.order(office(city), issue, "decide_review", upheld=True)
    return issue


async def carried(city: City, scribe: Scribe) -> Issue:
    """An errand, in the agent's own steps."""
    agent = city.staff("fotang-window-officer")
    filer = {"id": agent.id, "unit": "fotang-window"}
    said = {"category": "business-registration", "audience": "enterprise", "filer": filer}
    issue = await told_of(city, scribe, "window", **said)
    await scribe.order(agent, issue, "plan_errand", steps=[scribe.word(), scribe.word()])
    await scribe.order(agent, issue, "step_errand", step=1, result="blocked")
    return issue


async def asked_about(city: City, scribe: Scribe, issue: Issue) -> None:
    """Handled, void, handled again, followed up, handled in a second round, closed, asked for once more."""
    lead, caller, boss, page = city.officer(UNIT), city.person("follow_up_caller"), office(city), page_of(city, issue)
    await scribe.says(page, "remind")
    await scribe.says(page, "withdraw", asked_to="yes")
    await scribe.order(boss, issue, "decline_withdrawal")
    await scribe.order(lead, issue, "handle", outcome="explained")
    await scribe.order(city.head(UNIT), issue, "send_back")
    await signed(city, scribe, issue, outcome="explained")
    await scribe.order(caller, issue, "void", evidence=[])
    await signed(city, scribe, issue, outcome="solved")
    await scribe.order(caller, issue, "follow_up", resolved="no", method="call")
    await scribe.order(boss, issue, "reopen")
    await lead.acknowledge(issue)
    await scribe.order(lead, issue, "contact", result="reached")
    await signed(city, scribe, issue, outcome="partly")
    await scribe.says(page, "rate", resolved="partly", satisfied="2")
    await scribe.order(caller, issue, "follow_up", resolved="partly", method="call")
    await scribe.order(boss, issue, "close", kind="explained")
    await scribe.says(page, "request_reopen")
    await scribe.order(boss, issue, "decline_reopen")


async def reviewed(city: City, scribe: Scribe, **more: Any) -> list[Issue]:
    """All that is decided before anybody leads."""
    reviewer, boss = city.person("reviewer"), office(city)
    answered = await told_of(city, scribe, kind="consult", **more)
    await scribe.order(reviewer, answered, "answer")
    await scribe.says(page_of(city, answered), "object")
    await scribe.order(boss, answered, "refuse", reason="litigation")

    asked = await told_of(city, scribe, **more)
    await scribe.order(reviewer, asked, "offer_mediation")
    await scribe.order(reviewer, asked, "ask_more", fields=["place"])
    await scribe.order(reviewer, asked, "party_deceased")
    await scribe.order(reviewer, asked, "forward", reason="outside_jurisdiction")

    proposed = await told_of(city, scribe, "enterprise_seat", audience="enterprise", **more)
    await scribe.order(reviewer, proposed, "refuse", reason="litigation")
    await scribe.order(boss, proposed, "decline_refusal")
    await scribe.order(reviewer, proposed, "refuse", reason="litigation")
    await boss.order(proposed, "confirm_refusal", {})

    head = await city.report("hotline", category="road-lamp")
    other = await told_of(city, scribe, category="road-lamp", **more)
    await scribe.order(reviewer, other, "merge", head=head.id)

    gone = await told_of(city, scribe, **more)
    await scribe.says(page_of(city, gone), "withdraw", asked_to="yes")
    await scribe.order(boss, gone, "confirm_withdrawal")

    alarm = await lamp(city, scribe, **more)
    await scribe.order(boss, alarm, "raise_urgency", urgency="emergency")
    lead = str((await boss.sees(alarm) or {})["unit"])
    await scribe.order(city.person("duty_officer", lead), alarm, "report")
    return [answered, asked, proposed, other, gone, alarm]


async def supervised(city: City, scribe: Scribe, **more: Any) -> Issue:
    """An order, a meeting with two tasks, and a place on the register."""
    lead, boss = city.officer(UNIT), office(city)
    issue = await lamp(city, scribe, flags=["legacy"], **more)
    await lead.acknowledge(issue)
    await scribe.order(lead, issue, "contact", result="reached")
    await scribe.order(boss, issue, "ask_grade", grade="difficult")

    order = (await scribe.make(boss, "orders", "raise", level="red", unit=UNIT, issues=[issue.id]))["id"]
    await scribe.make(lead, f"orders/{order}/reply", "reply")
    await scribe.make(boss, f"orders/{order}/decline_reply", "decline_reply")
    await scribe.make(lead, f"orders/{order}/reply", "reply")
    await scribe.make(boss, f"orders/{order}/lift", "lift")

    call = {"kind": "coordination", "at": in_days(city, 0.01), "issues": [issue.id]}
    meeting = (await scribe.make(boss, "meetings", "call", **call))["id"]
    await city.advance(hours=1)
    plan = {
        "owner": UNIT, "cause": scribe.word(), "report_by": in_days(city, 60),
        "plan": [{"text": scribe.word(), "limit": in_days(city, days)} for days in (10, 40)],
    }  # fmt: skip
    about: Mapping[str, Any] = {"issue": issue.id, "unit": UNIT}
    decisions = [
        {**about, "decision": "task", "text": scribe.word(), "limit": in_days(city, 9)},
        {**about, "decision": "register", "text": scribe.word(), "plan": plan},
    ]
    await scribe.make(boss, f"meetings/{meeting}/hold", "hold", held_at=in_days(city, 0), decisions=decisions)
    await scribe.make(lead, f"tasks/task-{meeting.removeprefix('meeting-')}-1/finish", "finish")
    await scribe.order(lead, issue, "reach_milestone", milestone=1)
    await scribe.order(boss, issue, "report_register", report_by=in_days(city, 50))

    again = (await scribe.make(boss, "meetings", "call", **{**call, "at": in_days(city, 0.01)}))["id"]
    await city.advance(hours=1)
    task = {**about, "decision": "task", "text": scribe.word(), "limit": in_days(city, 9)}
    await scribe.make(boss, f"meetings/{again}/hold", "hold", held_at=in_days(city, 0), decisions=[task])
    await scribe.make(boss, f"tasks/task-{again.removeprefix('meeting-')}-1/drop", "drop")
    return issue


async def whole_life(city: City, scribe: Scribe, **more: Any) -> list[Issue]:
    first = await disputed(city, scribe, **more)
    await worked_at(city, scribe, first)
    if not more:
        await scribe.order(city.person("leader"), first, "instruct")
    await asked_about(city, scribe, first)
    last = await (petitioned if more else carried)(city, scribe)
    return [first, last, *await reviewed(city, scribe, **more), await supervised(city, scribe, **more)]


async def read(city: City, person: Person, issues: list[Issue]) -> str:
    """What a person reads of these issues for a purpose."""
    found = [await person.get(f"/v1/cases/{issue.id}/texts", **PURPOSE) for issue in issues]
    assert all(one.status_code == 200 for one in found), [one.text for one in found]
    return "\n".join(one.text for one in found)


def onlookers(city: City) -> list[Person]:
    return [office(city), city.officer(UNIT), city.person("supervisor"), city.person("auditor")]


def those_in(scribe: Scribe, text: str) -> set[str]:
    return {word for word in scribe.words if word in text}


# ── and where its words are ──────────────────────────────────────────────────────────────────────────────────────────


async def test_no_word_of_a_confidential_issue_is_told_kept_or_shown_and_the_office_reads_each_for_a_purpose(
    city: City,
) -> None:
    scribe = Scribe(city, "密甲")
    issues = await whole_life(city, scribe, secrecy="confidential")
    written = [*scribe.words]
    assert scribe.used | NEVER_ON_SECRET | OF_LEVELS == ALL

    for what, text in (("told", await told(city)), ("kept", await documents(city))):
        assert scribe.sign not in text, what
    assert scribe.sign not in await shown(city, issues, onlookers(city), scribe.sign)
    originals = [(await office(city).reads_contact(issue))["original"] for issue in issues]
    found = await read(city, office(city), issues) + str(originals)
    assert set(written) - those_in(scribe, found) == set()
    readings = (await city.person("auditor").reads("readings"))["items"]
    assert {one["case"] for one in readings if one["what"] == ["texts"]} == {issue.id for issue in issues}


async def test_what_becomes_confidential_is_nowhere_kept_or_shown_any_more_and_all_of_it_can_be_read(
    city: City,
) -> None:
    scribe = Scribe(city, "zq", "-as-one-word")  # what looks like a code is kept where texts are not
    issues = await whole_life(city, scribe)
    assert scribe.used | OF_LEVELS | ALWAYS_SECRET == ALL, "every command that takes a word was given one"
    assert set(scribe.words) - those_in(scribe, await told(city)) == set(), "an open issue's words are told"
    kept = those_in(scribe, await documents(city, "desk"))
    assert len(kept) > 60
    assert scribe.sign in await shown(city, issues, onlookers(city), scribe.sign)

    for issue in issues:
        await scribe.order(office(city), issue, "raise_secrecy", secrecy="confidential")

    left = those_in(scribe, await documents(city))
    assert left == set()
    assert scribe.sign not in await shown(city, issues, onlookers(city), scribe.sign)
    found = await read(city, office(city), issues)
    assert kept - those_in(scribe, found) == set()


async def test_what_becomes_sealed_is_with_the_discipline_liaison_alone_and_so_is_what_units_go_on_to_write(
    city: City,
) -> None:
    scribe = Scribe(city, "封丙")
    issue = await lamp(city, scribe)
    lead, boss, liaison = city.officer(UNIT), office(city), city.person("discipline_liaison")
    order = (await scribe.make(boss, "orders", "raise", level="red", unit=UNIT, issues=[issue.id]))["id"]
    before = len(scribe.words)
    await scribe.order(lead, issue, "raise_secrecy", secrecy="sealed")
    await scribe.make(lead, f"orders/{order}/reply", "reply")
    await scribe.make(boss, f"orders/{order}/lift", "lift")
    await scribe.order(liaison, issue, "raise_urgency", urgency="urgent")
    assert (await city.receipt(issue))["state"] == "handed_over"

    after = set(scribe.words[before:])
    assert those_in(scribe, await told(city)).isdisjoint(after), "what was told before stays told"
    assert scribe.sign not in await documents(city)
    assert scribe.sign not in await shown(city, [issue], [*onlookers(city), liaison], scribe.sign)
    for person in onlookers(city):
        assert (await person.get(f"/v1/cases/{issue.id}/texts", **PURPOSE)).status_code in (403, 404)
    assert set(scribe.words) - those_in(scribe, await read(city, liaison, [issue])) == set()
    await scribe.order(liaison, issue, "lower_secrecy", secrecy="confidential")
    assert scribe.words[-1] not in await told(city)
    assert scribe.words[-1] in await read(city, boss, [issue])


# ── what a party says in confidence, of what was open until then ─────────────────────────────────────────────────────


async def confiding(city: City, scribe: Scribe) -> dict[str, Issue]:
    """Every command of a party's, each on an issue that anybody may read until then."""
    reviewer, caller = city.person("reviewer"), city.person("follow_up_caller")
    found = {}
    for name in ("remind", "withdraw", "rate", "request_reopen"):
        found[name] = await city.report("hotline", category="road-lamp", title=f"路灯不亮 {name}")
        if name in {"rate", "request_reopen"}:
            await city.officer(UNIT).do_all(found[name])
        if name == "request_reopen":
            await caller.follow_up(found[name])
    found["object"] = await city.report("hotline", kind="consult", title="咨询一件事", text="想问一件事该找谁。")
    await reviewer.order(found["object"], "answer", {"reply": "请到便民服务中心办理。"})
    for name, issue in found.items():
        assert (await city.receipt(issue))["state"] != "handed_over"
        await scribe.says(page_of(city, issue), name, **({"resolved": "no"} if name == "rate" else {}))
    return found


async def test_what_a_party_says_in_confidence_at_the_desk_is_told_kept_and_shown_nowhere(city: City) -> None:
    scribe = Scribe(city, "密丁", "，请替我保密")
    issues = await confiding(city, scribe)
    assert scribe.used == LISTENED - ALWAYS_SECRET
    for name, issue in issues.items():
        assert [one.data["secrecy"] for one in await city.of(issue, "secrecy-changed")] == ["confidential"], name
    for what, text in (("told", await told(city)), ("kept", await documents(city))):
        assert scribe.sign not in text, what
    everybody = [*issues.values()]
    assert scribe.sign not in await shown(city, everybody, onlookers(city), scribe.sign)
    assert set(scribe.words) - those_in(scribe, await read(city, office(city), everybody)) == set()
