"""The party hears where its issue went and that it takes longer; who has to decide hears what is asked, until it is."""

from collections.abc import Mapping
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.notify.domain import wording
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.outdated import outdated
from tests.support.packs import shipped
from tests.support.telling import BY, Story
from tests.unit.notify.test_outdated import LATER
from tests.unit.notify.test_rules import fold, told, untold

OFFICE = "three-services-office"
SOON = "2026-05-09T09:30:00.000Z"
PARTY = {"id": "party", "role": "party"}
ELSEWHERE = {"by": BY, "to": "金华海关", "reason": "outside_jurisdiction", "reply": "已转金华海关，电话0579-00000000。"}
PLAN = {
    "by": BY, "meeting": "m1", "owner": "water", "cause": "管网改造", "report_by": SOON,
    "plan": [{"text": "改造", "limit": "2026-06-09T09:30:00.000Z"}],
}  # fmt: skip
MORE_TIME = {"by": BY, "until": "2026-05-12T09:30:00.000Z", "decide_by": SOON, "reason": "r"}
HARDER = {"by": BY, "grade": "difficult", "reason": "r"}
UNSURE = {"why": "unsure", "reason": "r", "pack": "p"}


def texts(state: Mapping[str, Any], sent: list[Delivery], locale: str = "zh") -> dict[tuple[str | None, str], str]:
    """What each of these says, by whom and by what it is told."""
    found = {}
    for one in sent:
        template = wording.template_of(shipped(), one, locale)
        assert template is not None
        found[one.recipient, one.medium] = wording.compose(shipped(), template, one, state["facts"]).body
    return found


def forwarded(story: Story, **more: Any) -> Event:
    return story.tell("desk", names.ISSUE_FORWARDED, ELSEWHERE | more)


def test_the_party_hears_where_a_forwarded_issue_went_and_of_its_closing_no_more() -> None:
    story = Story("i1")
    events = [story.submitted(), forwarded(story)]
    state, sent = fold(*events)
    said = texts(state, sent)
    assert said.keys() == {("party:i1", "sms"), ("party:i1", "email")}
    assert "已转金华海关" in said["party:i1", "sms"]
    assert "0579-00000000" in said["party:i1", "email"]
    assert fold(*events, story.closed(kind="other_route"))[1] == []
    assert fold(story.submitted(), story.closed(kind="other_route"))[1] != [], "handled so: that is told by the closing"


def test_who_filed_it_hears_how_it_ended_all_the_same() -> None:
    story = Story("i1")
    filed = story.submitted(filer={"kind": "officer", "id": "visitor"})
    sent = fold(filed, forwarded(story), story.closed(kind="other_route"))[1]
    assert {one.audience for one in sent} == {"filer"}


@pytest.mark.parametrize("secrecy", ["confidential", "sealed"])
@pytest.mark.parametrize("before", [True, False], ids=["raised", "from_the_beginning"])
def test_of_a_secret_one_no_message_names_the_body_or_quotes_the_reply(secrecy: str, before: bool) -> None:
    story = Story("i1")
    raised = story.tell("desk", names.SECRECY_CHANGED, {"by": BY, "before": "open", "secrecy": secrecy, "reason": "r"})
    if before:
        state, sent = fold(story.submitted(), forwarded(story))
        state = dict(fold(story.submitted(), forwarded(story), raised)[0])
    else:
        withheld = forwarded(story, to="[withheld]", reply="[withheld]")
        state, sent = fold(story.submitted(secrecy=secrecy, title="[withheld]", text=None), withheld)
    for said in texts(state, sent).values():
        assert "已转交有权处理的机关" in said
        assert not any(word in said for word in ("海关", "0579", "withheld"))
    assert "forwarded_to" not in state["facts"]


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_body_with_a_long_name_is_cut_to_what_messages_are_measured_with(locale: str) -> None:
    story = Story("i1")
    state, sent = fold(story.submitted(), forwarded(story, to="某" * 300))
    sms = texts(state, sent, locale)["party:i1", "sms"]
    assert "某" * 29 + "…" in sms
    assert "某" * 30 not in sms


def test_no_telling_and_no_delivery_holds_what_somebody_wrote() -> None:
    story = Story("i1")
    state, sent = fold(story.submitted(), forwarded(story))
    assert not any("海关" in str(one.facts) for one in sent)
    assert "海关" not in str(state["recent"])


def test_the_party_hears_that_it_is_on_the_register_and_by_when_more_is_told_and_the_owner_that_it_owns_it() -> None:
    story = Story("i1")
    events = [story.submitted(), story.assigned("tax"), story.deadline(limit="2026-06-01T09:30:00.000Z")]
    state, sent = fold(*events, story.tell("desk", names.ISSUE_REGISTERED, PLAN))
    said = texts(state, sent)
    assert said.keys() == {("party:i1", "sms"), ("party:i1", "email"), ("unit:water", "email")}
    assert "最迟5月9日 17:30公开进展" in said["party:i1", "sms"]


def test_the_party_hears_that_its_issue_rests_and_until_when_at_the_latest() -> None:
    story = Story("i1")
    rests = story.tell("desk", names.ISSUE_SUSPENDED, {"by": BY, "reason": "court", "until": SOON})
    state, sent = fold(
        story.submitted(), story.assigned("tax"), story.deadline(limit="2026-06-01T09:30:00.000Z"), rests
    )
    said = texts(state, sent)
    assert said.keys() == {("party:i1", "sms")}
    assert "最迟5月9日 17:30恢复" in said["party:i1", "sms"]


def test_the_officer_hears_that_nothing_is_left_to_do_and_where_nobody_leads_nobody_does() -> None:
    story = Story("i1")
    back = story.tell("desk", names.ISSUE_WITHDRAWN, {"by": PARTY})
    assert {(d.audience, d.unit) for d in fold(story.submitted(), story.assigned("tax"), back)[1]} == {
        ("officer", "tax")
    }
    (one,) = fold(story.submitted(), back)[1]
    assert (one.audience, one.unit, one.state, one.why, one.report_at) == ("officer", None, "skipped", "no_lead", None)


def test_who_has_to_lead_hears_of_a_return_that_was_not_upheld() -> None:
    story = Story("i1")

    def heard(upheld: bool) -> set[tuple[str, str | None, str]]:
        body = {"by": BY, "unit": "tax", "number": 1, "upheld": upheld, "reason": "r"}
        return told(fold(story.tell("desk", names.RETURN_ADJUDICATED, body))[1])

    assert heard(False) == {("unit_head", "tax", "email"), ("officer", "tax", "inbox")}
    assert heard(True) == set(), "who leads now hears of that by its assignment"


# ── what is asked of the office ──────────────────────────────────────────────────────────────────────────────────────

ASKED: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "review": ("router", names.REVIEW_REQUESTED, UNSURE),
    "more_time": ("desk", names.EXTENSION_ASKED, MORE_TIME),
    "grade": ("desk", names.GRADE_CHANGE_ASKED, HARDER),
    "withdrawal": ("desk", names.WITHDRAWAL_ASKED, {"by": BY}),
}
DECIDED: Mapping[str, tuple[tuple[str, str, Mapping[str, Any]], ...]] = {
    "review": (
        ("router", names.ISSUE_ASSIGNED, {**Story("x").assigned("police").data, "assignment": 2}),
        ("desk", names.ISSUE_CLOSED, {"by": BY, "kind": "refused"}),
    ),
    "more_time": (("desk", names.EXTENSION_DECIDED, {"by": BY, "granted": False}),),
    "grade": (
        ("desk", names.GRADE_CHANGED, {"by": BY, "before": "complex", "grade": "difficult", "reason": "r"}),
        ("desk", names.GRADE_CHANGE_DECLINED, HARDER),
    ),
    "withdrawal": (
        ("desk", names.WITHDRAWAL_DECLINED, {"by": BY, "reason": "r"}),
        ("desk", names.ISSUE_WITHDRAWN, {"by": PARTY}),
    ),
}
WHAT = [(what, decision) for what, decisions in DECIDED.items() for decision in range(len(decisions))]


@pytest.mark.parametrize("what", ASKED)
def test_the_office_hears_what_is_asked_of_it_and_no_party_does(what: str) -> None:
    story = Story("i1")
    source, type, body = ASKED[what]
    state, sent = fold(story.submitted(), story.assigned("tax"), story.tell(source, type, body))
    assert {one.unit for one in sent} == {OFFICE}
    assert {one.audience for one in sent} <= {"unit", "unit_head"}
    assert {outdated(one, state["facts"]) for one in sent} == {None}


@pytest.mark.parametrize(("what", "decision"), WHAT)
def test_what_was_decided_before_its_message_left_is_asked_of_nobody(what: str, decision: int) -> None:
    story = Story("i1")
    source, type, body = ASKED[what]
    events = [story.submitted(), story.assigned("tax"), story.tell(source, type, body)]
    sent = fold(*events)[1]
    source, type, body = DECIDED[what][decision]
    facts = fold(*events, story.tell(source, type, body, LATER))[0]["facts"]
    assert {outdated(one, facts) for one in sent} == {"stopped"}
    other = ASKED["grade" if what != "grade" else "more_time"]
    again = fold(*events, story.tell(*other))[1]
    still = {None} if type != names.ISSUE_CLOSED else {"stopped"}
    assert {outdated(one, facts) for one in again} == still, "each asks for a decision of its own"


def test_what_is_asked_once_more_after_a_decision_is_told() -> None:
    story = Story("i1")
    declined = story.tell("desk", names.GRADE_CHANGE_DECLINED, HARDER)
    state, sent = fold(story.submitted(), declined, story.tell("desk", names.GRADE_CHANGE_ASKED, HARDER, LATER))
    assert {outdated(one, state["facts"]) for one in sent} == {None}


def test_the_office_reads_by_when_it_has_to_decide_and_not_the_limit_that_is_asked_for() -> None:
    story = Story("i1")
    state, sent = fold(story.submitted(), story.assigned("tax"), story.tell("desk", names.EXTENSION_ASKED, MORE_TIME))
    for said in texts(state, sent).values():
        assert "请于5月9日 17:30前" in said


@pytest.mark.parametrize(
    ("audience", "group"),
    [
        ("enterprise", "coordination-enterprise"),
        ("resident", "coordination-livelihood"),
        ("grassroots", "coordination-grassroots"),
    ],
)
def test_what_was_returned_twice_is_asked_of_the_group_of_its_audience(audience: str, group: str) -> None:
    assert shipped().audience_groups[audience] == group
    story = Story("i1")
    twice = story.tell("router", names.REVIEW_REQUESTED, UNSURE | {"why": "second_return"})
    sent = fold(story.submitted(audience=audience), twice)[1]
    assert {(one.audience, one.unit) for one in sent} == {("unit", group)}


def test_of_a_sealed_issue_nobody_is_asked_by_message() -> None:
    story = Story("i1")
    first = story.submitted(secrecy="sealed", title="[withheld]", text=None)
    for source, type, body in ASKED.values():
        assert untold(fold(first, story.tell(source, type, body))[1]) == {("sealed", None)}


def test_a_decision_is_remembered_beside_the_next_ones() -> None:
    story = Story("i1")
    events = [story.submitted(), story.tell("desk", names.EXTENSION_ASKED, MORE_TIME)]
    sent = fold(*events)[1]
    decided = [DECIDED["more_time"][0], DECIDED["grade"][0]]
    facts = fold(*events, *(story.tell(source, type, body, LATER) for source, type, body in decided))[0]["facts"]
    assert {outdated(one, facts) for one in sent} == {"stopped"}
