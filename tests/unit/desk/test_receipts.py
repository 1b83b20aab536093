"""A party on the line, or at the window: its case is found by its number whatever channel it came by, and what it says
is written down; nothing else is seen of it, and nothing else is done."""

from typing import Any

import httpx
import pytest

from sanfu.contracts import names
from sanfu.desk.domain.scope import written_down
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.runtime.rules import Actor, Command, Refusal
from tests.support.cases import MORNING, OFFICER, OPERATOR, REVIEWER, Desk, Story, as_user, let_in, submitted
from tests.unit.desk.test_table import RULES, SAID, clause, fresh
from tests.unit.desk.test_voices import closed, led, slug, told

AGENT = "fotang-window-officer"
WEB = {"channel": "web", "receipt": "YW-7K2"}


async def say(desk: Desk, user: str, command: str, number: str = "YW-7K2", **said: Any) -> httpx.Response:
    headers = {**as_user(user), "Idempotency-Key": f"n{next(desk.keys)}"}
    answer = await desk.client.post(f"/v1/receipts/{number}/{command}", json=said, headers=headers)
    await desk.service.commands.drain()
    return answer


async def test_a_caller_reminds_of_what_it_reported_on_the_web(desk: Desk) -> None:
    await led(desk, **WEB)
    assert await slug(desk, OPERATOR, "remind", {}) == "not-now", "it is no case of the hotline's"
    answer = await say(desk, OPERATOR, "remind", " yw-7k2", text="还是不亮")
    assert answer.status_code == 200, answer.text
    assert {**answer.json(), "version": 0} == {
        "id": " yw-7k2", "version": 0, "state": "assigned", "repeated": False,
        "number": "YW-7K2", "unit": "urban-management", "limit": None,
    }  # fmt: skip
    reminder = told(desk, names.REMINDER_ADDED)[0]
    assert (reminder["text"], reminder["by"]["id"], reminder["by"]["role"]) == (
        "还是不亮",
        OPERATOR,
        "hotline_operator",
    )


@pytest.mark.parametrize("user", [OPERATOR, AGENT])
async def test_who_calls_or_comes_asks_to_have_handled_again_what_is_closed(desk: Desk, user: str) -> None:
    await let_in(desk, user, "urban-management-officer", "office-caller-1")
    await closed(desk, **WEB)
    answer = await say(desk, user, "request_reopen", reason="又不亮了")
    assert answer.json()["state"] == "reopen_requested", answer.text
    assert told(desk, names.REOPEN_REQUESTED)[0]["by"]["id"] == user


async def test_by_number_one_sees_where_a_case_stands_and_nothing_that_was_written(desk: Desk) -> None:
    await led(desk, **WEB)
    shown = (await desk.get(OPERATOR, "/v1/receipts/YW-7K2")).json()
    assert shown == {
        "number": "YW-7K2", "state": "assigned", "unit": "urban-management", "limit": None, "allowed": ["remind"],
    }  # fmt: skip
    looks = [one for one in desk.documents.others["readings"].values() if one["user"] == OPERATOR]
    assert [(one["case"], one["what"], one["role"]) for one in looks] == [("i-1", ["number"], "hotline_operator")]


async def test_of_a_confidential_case_not_even_the_unit_is_shown_and_of_a_sealed_one_nothing(desk: Desk) -> None:
    await led(desk, **WEB, secrecy="confidential", text=None)
    assert (await desk.get(OPERATOR, "/v1/receipts/YW-7K2")).json()["unit"] is None
    answer = await say(desk, OPERATOR, "remind", text="孩子又受伤了")
    assert (answer.status_code, answer.json()["unit"]) == (200, None)
    assert told(desk, names.REMINDER_ADDED)[0]["text"] is None
    sealed = submitted(receipt="YW-9", channel="web", secrecy="sealed", text=None)
    await desk.tell(Story("i-2"), ("intake", names.ISSUE_SUBMITTED, sealed))
    assert (await desk.get(OPERATOR, "/v1/receipts/YW-9")).status_code == 404
    assert (await say(desk, OPERATOR, "remind", "YW-9")).status_code == 404


async def test_what_a_number_does_not_allow_is_refused_and_names_only_what_it_does(desk: Desk) -> None:
    await led(desk, **WEB)
    refusal = await say(desk, OPERATOR, "request_reopen", reason="又不亮了")
    assert (refusal.status_code, refusal.json()["allowed"]) == (409, ["remind"])
    for command in ("withdraw", "raise_urgency", "party_deceased", "support"):
        assert (await say(desk, OPERATOR, command)).status_code == 404, command


def test_a_number_gives_a_writer_nothing_that_a_party_could_not_say() -> None:
    scope = written_down((clause("hotline_operator"), clause("officer")), "YW-1")
    assert [(one.role, one.receipt) for one in scope] == [("hotline_operator", "YW-1")]
    case = fresh()
    for name in ("party_deceased", "raise_urgency", "remind"):
        body = BODIES[name].model_validate(SAID[name]).model_dump(mode="json")
        given = Command(name, {"said": body, "scope": scope}, Actor("operator", "", "water"), "k")
        if name == "remind":
            assert RULES.decide(case, given, MORNING)
            continue
        with pytest.raises(Refusal) as refusal:
            RULES.decide(case, given, MORNING)
        assert refusal.value.more["allowed"] == ["remind"]


async def test_only_who_writes_down_what_parties_say_does_it_by_number(desk: Desk) -> None:
    await led(desk, **WEB)
    for user in (OFFICER, REVIEWER):
        assert (await say(desk, user, "remind", text="还是不亮")).status_code == 403
        assert (await desk.get(user, "/v1/receipts/YW-7K2")).status_code == 403
    assert (await desk.get(OPERATOR, "/v1/receipts/YW-404")).status_code == 404
