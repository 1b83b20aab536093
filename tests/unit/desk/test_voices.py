"""What parties say of their own accord, over HTTP: they remind, support, ask again, take back; and of the dead."""

from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.desk.domain.rules import DeskRules
from sanfu.desk.domain.scope import Clause
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.runtime.rules import Actor, Command, Draft, Refusal
from tests.support.cases import (
    CALLER,
    OFFICE,
    OFFICER,
    OPERATOR,
    REVIEWER,
    Desk,
    Story,
    assigned,
    packs,
    review,
    submitted,
)

REPLY = "三盏路灯已更换灯头，今晚恢复照明。"


async def led(desk: Desk, subject: str = "i-1", **more: Any) -> Story:
    story = Story(subject)
    grade = more.pop("grade", "simple")
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted(**more)),
        ("router", names.ISSUE_ASSIGNED, assigned(grade=grade)),
    )
    return story


async def handled(desk: Desk, reply: str = REPLY) -> None:
    for command, said in (
        ("acknowledge", {}),
        ("contact", {"result": "reached"}),
        ("handle", {"outcome": "solved", "reply": reply}),
    ):
        answer = await desk.order(OFFICER, "i-1", command, said)
        assert answer.status_code == 200, answer.text


async def closed(desk: Desk, **more: Any) -> None:
    await led(desk, **more)
    await handled(desk)
    assert (await desk.order(CALLER, "i-1", "follow_up", {"resolved": "yes"})).json()["state"] == "closed"


async def seen(desk: Desk, by: str = OFFICE) -> dict[str, Any]:
    found: dict[str, Any] = (await desk.get(by, "/v1/cases/i-1")).json()
    return found


async def slug(desk: Desk, by: str, command: str, said: dict[str, Any]) -> str:
    return str((await desk.order(by, "i-1", command, said)).json()["type"]).rpartition(":")[2]


def told(desk: Desk, type: str) -> list[dict[str, Any]]:
    return [data for kind, data in desk.published() if kind == type]


def by_party(desk: Desk, command: str, said: dict[str, Any]) -> list[str]:
    """Say what the party's command would tell now. Raises Refusal."""
    case = desk.documents.documents["i-1"]
    clause = Clause("party", None, None, None, None, frozenset({"open", "internal", "confidential"}))
    body = BODIES[command].model_validate(said).model_dump(mode="json")
    given = Command(command, {"said": body, "scope": (clause,)}, Actor("party", "party"), "k")
    rules = DeskRules(packs().current, desk.service.machine.rules.holidays)  # type: ignore[attr-defined]
    return [one.type for one in rules.decide(case, given, desk.clock.now()) if isinstance(one, Draft)]


# ── reminders, supporters ────────────────────────────────────────────────────────────────────────────────────────────


async def test_reminders_are_added_counted_and_told_to_the_unit_once_a_day(desk: Desk) -> None:
    await led(desk)
    for hours in (0, 1, 24):
        desk.advance(hours=hours)
        await desk.order(OPERATOR, "i-1", "remind", {"text": f"还是不亮（{hours}）"})
    reminders = told(desk, names.REMINDER_ADDED)
    assert [(one["number"], one["first_today"], one["for_office"]) for one in reminders] == [
        (1, True, False), (2, False, False), (3, True, True),
    ]  # fmt: skip
    mine = await seen(desk, OFFICER)
    assert (mine["reminders"]["count"], mine["reminded"]) == (3, True)
    assert [one["text"] for one in mine["supplements"]][-1] == "还是不亮（24）"
    shown = (await desk.get(OFFICE, "/v1/cases", reminded="true")).json()["items"]
    assert [one["id"] for one in shown] == ["i-1"]
    await led(desk, "i-2")
    assert len((await desk.get(OFFICE, "/v1/cases", reminded="true")).json()["items"]) == 1


@pytest.mark.parametrize("command", ["support", "remind"])
async def test_an_issue_is_neither_its_own_supporter_nor_its_own_reminder(desk: Desk, command: str) -> None:
    await led(desk)
    answer = await desk.order(OPERATOR, "i-1", command, {"issue": "i-1"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "$.issue")
    assert told(desk, names.SUPPORTER_ADDED) == told(desk, names.REMINDER_ADDED) == []


async def test_a_party_itself_reminds_once_a_day(desk: Desk) -> None:
    await led(desk)
    assert by_party(desk, "remind", {}) == [names.REMINDER_ADDED]
    at = desk.documents.documents["i-1"]["submitted_at"]
    desk.documents.documents["i-1"]["reminders"] = {"count": 1, "last": at, "party": at}
    with pytest.raises(Refusal) as refusal:
        by_party(desk, "remind", {})
    assert refusal.value.slug == "reminded-today"
    desk.advance(days=1)
    assert by_party(desk, "remind", {}) == [names.REMINDER_ADDED]


async def test_a_reminder_of_what_is_closed_asks_to_have_it_handled_again(desk: Desk) -> None:
    await closed(desk)
    assert (await desk.order(OPERATOR, "i-1", "remind", {"text": "又不亮了"})).json()["state"] == "reopen_requested"
    assert told(desk, names.REOPEN_REQUESTED)[0]["reason"] == "又不亮了"


async def test_a_supporter_is_another_party_and_counts_once(desk: Desk) -> None:
    story = await led(desk)
    for other in ("i-2", "i-3"):
        await led(desk, other)
    same = {"other": "i-3", "same_party": True, "score": 0.9, "parts": {}, "reason": None}
    await desk.tell(story, ("router", names.DUPLICATE_SUSPECTED, same))
    assert (await desk.order(REVIEWER, "i-1", "support", {"issue": "i-2"})).json()["case"]["supporters"] == ["i-2"]
    assert await slug(desk, REVIEWER, "support", {"issue": "i-2"}) == "supports-already"
    assert await slug(desk, REVIEWER, "support", {"issue": "i-3"}) == "same-party"
    assert await slug(desk, REVIEWER, "support", {"issue": "i-9"}) == "case-unknown"


async def test_an_issue_named_in_a_body_has_to_be_one_that_its_sender_sees(desk: Desk) -> None:
    await led(desk)
    await desk.tell(Story("i-2"), ("intake", names.ISSUE_SUBMITTED, submitted(secrecy="sealed", text=None)))
    assert await slug(desk, OPERATOR, "remind", {"issue": "i-2"}) == "case-unknown"


# ── handled again ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("days", "status"), [(6, 200), (7, 409)])
async def test_what_is_closed_is_asked_to_be_handled_again_inside_the_window(
    desk: Desk, days: int, status: int
) -> None:
    await closed(desk)
    desk.advance(days=days)
    assert (await desk.order(OPERATOR, "i-1", "request_reopen", {"reason": "又不亮了"})).status_code == status


async def test_the_office_decides_a_request_and_what_it_declined_is_not_asked_again(desk: Desk) -> None:
    await closed(desk)
    await desk.order(OPERATOR, "i-1", "request_reopen", {"reason": "又不亮了"})
    assert await slug(desk, CALLER, "reopen", {"reason": "又不亮了"}) == "not-now"
    reply = "经核实系停电检修，次日已恢复。"
    declined = (await desk.order(OFFICE, "i-1", "decline_reopen", {"reply": reply})).json()
    assert (declined["state"], declined["case"]["closed_as"]) == ("closed", "resolved")
    assert declined["case"]["declining"]["reply"] == reply
    assert await slug(desk, OPERATOR, "request_reopen", {"reason": "又不亮了"}) == "decided"


async def test_two_unsatisfied_rounds_are_marked_and_a_third_is_not_begun(desk: Desk) -> None:
    await closed(desk)
    for number in (1, 2):
        await desk.order(OPERATOR, "i-1", "request_reopen", {"reason": "又不亮了"})
        answer = await desk.order(OFFICE, "i-1", "reopen", {"reason": "属实"})
        assert (answer.json()["state"], answer.json()["case"]["unsatisfied"]) == ("assigned", [*range(1, number + 1)])
        await handled(desk, f"{REPLY}（第{number + 1}次）")
        await desk.order(CALLER, "i-1", "follow_up", {"resolved": "yes"})
    assert [one["because"] for one in told(desk, names.ISSUE_REOPENED)] == ["requested", "requested"]
    await desk.order(OPERATOR, "i-1", "request_reopen", {"reason": "又不亮了"})
    assert await slug(desk, OFFICE, "reopen", {"reason": "属实"}) == "no-more-rounds"


async def test_what_was_answered_is_objected_to_not_handled_again(desk: Desk) -> None:
    await desk.tell(
        Story("i-1"),
        ("intake", names.ISSUE_SUBMITTED, submitted(kind="consult")),
        ("router", names.REVIEW_REQUESTED, review("consult")),
    )
    await desk.order(REVIEWER, "i-1", "answer", {"reply": "办理居住证请到镇便民服务中心。"})
    assert await slug(desk, OPERATOR, "request_reopen", {}) == "not-handled"


# ── taken back ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_only_the_party_takes_it_back(desk: Desk) -> None:
    await led(desk)
    for user in (OFFICER, OPERATOR, OFFICE, CALLER):
        assert await slug(desk, user, "withdraw", {}) == "not-now"
    assert by_party(desk, "withdraw", {}) == [names.ISSUE_WITHDRAWN, names.ISSUE_CLOSED]
    assert by_party(desk, "withdraw", {"asked_to": True}) == [names.WITHDRAWAL_ASKED]


async def test_a_party_that_was_asked_to_does_not_take_it_back_past_the_office_that_is_to_call_it(desk: Desk) -> None:
    await led(desk)
    desk.documents.documents["i-1"]["withdrawal"] = {"by": {"id": "party"}, "reason": None, "asked_to": True}
    for said in ({}, {"asked_to": True}):
        with pytest.raises(Refusal) as refusal:
            by_party(desk, "withdraw", said)
        assert refusal.value.slug == "asked-already"


async def test_an_emergency_is_not_taken_back_before_somebody_has_looked(desk: Desk) -> None:
    await led(desk)
    desk.documents.documents["i-1"]["urgency"] = "emergency"
    assert by_party(desk, "withdraw", {}) == [names.WITHDRAWAL_ASKED]


async def test_nothing_is_confirmed_that_the_party_did_not_ask_for(desk: Desk) -> None:
    await led(desk)
    for command in ("confirm_withdrawal", "decline_withdrawal"):
        assert await slug(desk, OFFICE, command, {"reason": "已电话核实"}) == "nothing-asked"
        assert command not in (await seen(desk))["allowed"]


# ── died ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_after_a_partys_death_somebody_looks_instead_of_asking(desk: Desk) -> None:
    await led(desk)
    await desk.order(OPERATOR, "i-1", "party_deceased", {"source": "家属来电"})
    await handled(desk)
    assert (await seen(desk))["need"] == "site"
    assert told(desk, names.FOLLOW_UP_PLANNED)[-1]["link"] == "none"


async def test_a_death_that_is_told_between_handling_and_follow_up_changes_how_it_is_followed_up(desk: Desk) -> None:
    await led(desk)
    await handled(desk)
    assert (await seen(desk))["need"] != "site"
    await desk.order(CALLER, "i-1", "party_deceased", {"source": "家属告知"})
    assert (await seen(desk))["need"] == "site"
    assert await slug(desk, CALLER, "party_deceased", {}) == "known-already"
    await desk.order(CALLER, "i-1", "party_deceased", {"mistaken": True})
    found = await seen(desk)
    assert (found["need"], found["deceased"]) == ("call", False)


async def test_nobody_waits_for_what_a_dead_party_was_asked(desk: Desk) -> None:
    await desk.tell(
        Story("i-1"), ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.REVIEW_REQUESTED, review())
    )
    await desk.order(REVIEWER, "i-1", "ask_more", {"question": "路灯在哪一段？"})
    await desk.order(REVIEWER, "i-1", "party_deceased", {"source": "家属告知"})
    assert (await seen(desk))["state"] == "in_review"
    desk.advance(days=30)
    assert (await seen(desk))["state"] == "in_review"
