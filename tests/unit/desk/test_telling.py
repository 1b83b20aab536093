"""Who could not be told stands on the case, until something has made up for it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.contracts.registry import codec
from sanfu.desk.domain.case import evolve
from sanfu.desk.domain.folds.telling import KEPT, LEFT
from sanfu.desk.domain.state import Case
from tests.support.cases import (
    MORNING,
    Story,
    assigned,
    submitted,
)  # fmt: skip

SUBMITTED, ASSIGNED = "intake:i-1:1", "router:i-1:1"
BY = {"id": "system", "role": "system"}


def informed(delivery: str, event: str = SUBMITTED, medium: str = "email", state: str = "sent", **more: Any) -> Any:
    body = {"delivery": delivery, "event": event, "recipient": "party", "medium": medium, "template": "receipt-party"}
    return "notify", names.PARTY_INFORMED, {**body, "state": state, "reason": None, "unit": None, **more}


def failed(
    delivery: str, event: str = SUBMITTED, medium: str = "sms", why: str = "unreachable: MBBLACK", **more: Any
) -> Any:
    _, _, body = informed(delivery, event, medium)
    state = more.pop("state", "skipped")
    return "notify", names.DELIVERY_FAILED, {**body, "state": state, "reason": why, **more}


def corrected(*fields: str) -> Any:
    return "desk", names.CONTACT_CORRECTED, {"by": BY, "version": 1, "fields": list(fields), "because": "party_said"}


def folded(*told: Any, step: timedelta = timedelta(minutes=1)) -> Case:
    """Return the case of which intake and router told, and then this, each a minute later."""
    story = Story("i-1")
    case: Case = {}
    for source, type, data in (
        ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.ISSUE_ASSIGNED, assigned()), *told
    ):  # fmt: skip
        case = evolve(case, story.event(source, type, codec.decode(type, codec.encode(type, data))))
        story.at += step
    return case


def over(case: Case) -> list[str | None]:
    return [one["over"] and one["over"]["why"] for one in case["untold"]]


def test_a_party_that_was_told_by_nothing_is_marked_and_why() -> None:
    case = folded(failed("d1"))
    assert case["party_untold"] is True
    (one,) = case["untold"]
    assert {name: one[name] for name in ("recipient", "medium", "why", "code", "about", "left", "over")} == {
        "recipient": "party", "medium": "sms", "why": "unreachable", "code": "MBBLACK", "over": None,
        "about": names.ISSUE_SUBMITTED, "left": None,
    }  # fmt: skip
    assert one["since"] == instant(MORNING + timedelta(minutes=2))


@pytest.mark.parametrize(
    "told",
    [
        [informed("d2"), failed("d1")],
        [failed("d1"), informed("d2")],
        [failed("d1"), informed("d2", medium="sms")],
        [failed("d1", state="failed"), informed("d1", medium="sms", state="delivered")],
    ],
)
def test_who_was_told_of_it_in_another_way_or_after_all_misses_nothing(told: Sequence[Any]) -> None:
    case = folded(*told)
    assert (case["party_untold"], over(case)) == (False, ["told"])


def test_what_came_back_made_up_for_nothing_and_what_it_had_made_up_for_is_missed_again() -> None:
    bounced = failed("d2", medium="email", why="unreachable: 5.1.1", state="failed")
    case = folded(failed("d1"), informed("d2"), bounced)
    assert (case["party_untold"], over(case)) == (True, [None, None])
    assert case["untold"][1]["left"] == instant(MORNING + timedelta(minutes=3))


def test_where_one_of_two_that_made_up_for_it_comes_back_the_other_still_does() -> None:
    back = failed("d2", medium="email", state="failed")
    case = folded(failed("d1"), informed("d2"), informed("d3", medium="inbox"), back)
    assert (case["party_untold"], over(case)) == (False, ["told", "told"])


@pytest.mark.parametrize(
    ("later", "reached"),
    [
        (informed("d2", ASSIGNED, "sms", "delivered"), True),
        (informed("d2", ASSIGNED, "sms", "sent"), False),
        (informed("d2", ASSIGNED, "email", "delivered"), False),
        (informed("d2", ASSIGNED, "sms", "delivered", recipient="filer"), False),
    ],
)
def test_the_mark_goes_when_a_later_message_arrived_where_the_first_did_not(later: Any, reached: bool) -> None:
    case = folded(failed("d1"), later)
    assert case["party_untold"] is not reached
    assert over(case) == (["reached"] if reached else [None])


def test_that_an_earlier_message_arrived_says_nothing_of_a_later_one_and_a_later_one_counts_whenever_it_is_told() -> (
    None
):
    late = (informed("d1", medium="sms"), failed("d2", ASSIGNED), informed("d1", medium="sms", state="delivered"))
    assert folded(*late)["party_untold"] is True
    slow = (
        informed("d1", medium="sms"), informed("d2", ASSIGNED, "sms", "delivered"), failed("d1", why="undelivered: X")
    )  # fmt: skip
    assert over(folded(*slow)) == ["reached"]


@pytest.mark.parametrize(("fields", "reached"), [(("phone",), True), (("name", "email"), True), (("name",), False)])
def test_the_mark_goes_when_the_party_is_reached_by_something_else(fields: Sequence[str], reached: bool) -> None:
    case = folded(failed("d1"), corrected(*fields))
    assert case["party_untold"] is not reached


def test_what_had_left_for_the_old_number_before_it_was_corrected_and_comes_back_later_marks_nothing() -> None:
    case = folded(informed("d1", medium="sms"), corrected("phone"), failed("d1", state="failed"))
    assert (case["party_untold"], over(case)) == (False, ["contact_corrected"])
    assert folded(corrected("phone"), failed("d1"))["party_untold"] is True, "that was the new number"


def test_of_the_same_instant_the_order_of_the_story_counts() -> None:
    at_once = timedelta()
    assert folded(failed("d1"), corrected("phone"), step=at_once)["party_untold"] is False
    assert folded(corrected("phone"), failed("d1"), step=at_once)["party_untold"] is True


def test_more_that_the_party_says_makes_it_no_more_reachable() -> None:
    more = {"number": 1, "text": "还是不亮", "contact": 2, "reported_at": instant(MORNING)}
    assert folded(failed("d1"), ("intake", names.ISSUE_SUPPLEMENTED, more))["party_untold"] is True


@pytest.mark.parametrize(
    "told",
    [
        failed("d1", why="opted_out"),
        failed("d1", why="party_deceased"),
        failed("d1", why="nothing_to_do"),
        failed("d1", why="timeout", state="unknown"),
        failed("d1", recipient="officer", unit="tax"),
        failed("d1", recipient="filer"),
    ],
)
def test_who_wants_no_message_and_what_nobody_knows_and_what_did_not_reach_others_marks_no_party(told: Any) -> None:
    case = folded(told)
    assert case["party_untold"] is False
    assert len(case["untold"]) == 1


def test_a_party_that_died_is_not_marked() -> None:
    died = ("desk", names.PARTY_DECEASED, {"by": BY})
    assert folded(failed("d1"), died)["party_untold"] is False


def test_the_same_again_changes_nothing_and_is_no_line_of_the_history() -> None:
    once, twice = folded(failed("d1"), step=timedelta()), folded(failed("d1"), failed("d1"), step=timedelta())
    assert once == twice
    assert [one["type"] for one in once["history"]] == [names.ISSUE_SUBMITTED, names.ISSUE_ASSIGNED]


def test_old_ones_are_forgotten_but_not_that_the_party_has_no_address() -> None:
    many = [failed(f"d{n}", recipient="officer", unit="tax") for n in range(KEPT + 5)]
    case = folded(failed("d", why="nowhere"), *many)
    assert [one["delivery"] for one in case["untold"]] == ["d", *(f"d{n}" for n in range(6, KEPT + 5))]
    assert case["party_untold"] is True


def test_what_others_were_told_does_not_push_out_what_the_party_was_told() -> None:
    others = [informed(f"o{n}", ASSIGNED, recipient="officer", unit="tax") for n in range(3 * LEFT)]
    mails = [informed(f"m{n}", ASSIGNED) for n in range(3 * LEFT)]
    assert len(folded(*others, *mails)["informed"]) == 2 * LEFT
    case = folded(informed("mail"), *others, failed("d1"))
    assert (case["party_untold"], over(case)) == (False, ["told"])


@pytest.mark.parametrize(
    ("state", "reason", "why", "code"),
    [
        ("failed", "undelivered: UNDELIV", "undelivered", "UNDELIV"),
        ("failed", "gave_up: http_500", "gave_up", "http_500"),
        ("failed", "isv.AMOUNT_NOT_ENOUGH", "rejected", "isv.AMOUNT_NOT_ENOUGH"),
        ("skipped", "stale: quiet_hours", "stale", "quiet_hours"),
        ("skipped", "digest: unreachable: 5.1.1", "unreachable", "5.1.1"),
        ("failed", "unreachable: no user wang@home.example", "unreachable", None),
        ("failed", "13911112222", "rejected", None),
        ("failed", "用户13911112222已停机", "rejected", None),
    ],
)
def test_of_a_reason_codes_are_shown_and_no_sentence(state: str, reason: str, why: str, code: str | None) -> None:
    (one,) = folded(failed("d1", why=reason, state=state))["untold"]
    assert (one["why"], one["code"]) == (why, code)
