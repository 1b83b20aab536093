"""What the units' topics hold."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanfu.contracts import names
from sanfu.contracts.registry import EVENTS, codec
from sanfu.contracts.units import UNIT_SEQUENCE, IssueAsItStands
from sanfu.router.domain import withheld
from sanfu.router.domain.rules import RouterRules
from tests.unit.router.city import pack
from tests.unit.router.story import AT, BY, Copy, Told

LATER = "2026-11-03T01:00:00.000Z"


def leaking(**data: Any) -> Told:
    it = Told(RouterRules(pack()))
    it.submit(**{"text": "水管漏", **data})
    return it


def types(relays: list[Copy]) -> list[str]:
    return [relay.event.type for relay in relays]


def sequence(relays: list[Copy]) -> list[int]:
    return [int(relay.headers[UNIT_SEQUENCE]) for relay in relays]


def grade_changed(it: Told, reason: str = "much work") -> None:
    it.tell(names.GRADE_CHANGED, before="simple", grade="complex", reason=reason)


def closed(it: Told) -> None:
    it.tell(names.ISSUE_CLOSED, kind="resolved", reason="internal word")


def test_the_first_record_of_an_assignment_carries_the_issue_as_it_stands() -> None:
    it = leaking()
    it.tell(names.ISSUE_SUPPLEMENTED, "intake", number=1, text="now it is worse", reported_at=AT)
    it.dispatch("roads", 2, grade="complex")
    (first,) = it.of("roads")
    issue = first.event.data["issue"]
    assert {k: issue[k] for k in ("receipt", "text", "grade", "unit", "category")} == {
        "receipt": "N-1", "text": "水管漏", "grade": "complex", "unit": "roads", "category": None,
    }  # fmt: skip
    assert issue["supplements"][0]["text"] == "now it is worse"
    assert "issue" not in it.of("water")[1].event.data


def test_copies_keep_the_id_of_their_event_and_are_counted_from_1() -> None:
    it = leaking()
    grade_changed(it)
    assert [relay.event.id for relay in it.of("water")] == ["router:i-1:1", "desk:i-1:1"]
    assert sequence(it.of("water")) == [1, 2]


def test_who_wrote_and_whose_it_is_is_told_to_no_unit() -> None:
    it = leaking(complains_of=["lake"])
    it.tell(names.ISSUE_FOLLOWED_UP, resolved="yes", method="visit", by={"id": "u9", "role": "monitor", "unit": "lake"})
    assert it.of("water")[1].event.data["by"] == {"id": "monitor", "role": "monitor", "unit": "lake"}
    told = repr(it.sent)
    assert "u9" not in told
    assert "P-77" not in told
    assert "complains_of" not in told


def test_whose_issue_joins_another_is_told_to_no_unit_not_even_to_the_one_that_joined_them() -> None:
    it = leaking()
    marks, mine = ["0123456789"], {"id": "w1", "role": "officer", "unit": "water"}
    it.tell(names.SUPPORTER_ADDED, issue="i-2", supporters=2, party_code="P-78", party_marks=marks, by=mine)
    it.tell(names.ISSUE_MERGED, head="i-3", reason="same pipe", party_code="P-78", party_marks=marks, by=mine)
    assert types(it.of("water"))[1:] == [names.SUPPORTER_ADDED, names.ISSUE_MERGED]
    told = [relay.event.data for relay in it.of("water")[1:]]
    assert [(one["party_code"], one["party_marks"]) for one in told] == [(None, [])] * 2
    assert "P-78" not in repr(it.sent)


@pytest.mark.parametrize("name", withheld.ACCOUNTS)
def test_accounts_besides_who_acted_are_for_the_unit_whose_event_it_is(name: str) -> None:
    said = {"by": {"id": "w1", "role": "officer", "unit": "water"}, name: "w2"}
    assert withheld.body(names.ERRAND_PLANNED, said, "water", confidential=False) == said
    assert "w2" not in repr(withheld.body(names.ERRAND_PLANNED, said, "roads", confidential=False))


def test_every_account_that_an_issues_event_names_is_known_to_be_one() -> None:
    fields = [field for event in EVENTS if event.topic == names.ISSUES for field in event.model.model_fields.items()]
    found = {name for name, field in fields if (field.description or "").startswith("Account ")}
    assert found >= {"handled_by", "agent", "second", "signed_by"}
    assert found - withheld.ACCOUNTS.keys() == set()


def test_a_dispatch_to_another_unit_is_the_last_that_the_former_hears() -> None:
    it = leaking()
    it.dispatch("roads", 2)
    grade_changed(it)
    assert types(it.of("water")) == [names.ISSUE_ASSIGNED, names.ISSUE_DISPATCHED]
    assert types(it.of("roads")) == [names.ISSUE_DISPATCHED, names.GRADE_CHANGED]


def test_a_return_that_is_routed_again_is_the_last_that_the_unit_hears() -> None:
    it = leaking()
    it.returned("water", "roads", 1)
    grade_changed(it)
    assert types(it.of("water")) == [names.ISSUE_ASSIGNED, names.ISSUE_RETURNED]


def test_a_return_in_dispute_leaves_the_unit_in_charge_until_somebody_else_leads() -> None:
    it = leaking()
    it.returned("water", "court", 1)
    it.dispatch("roads", 2)
    assert types(it.of("water"))[2:] == [names.REVIEW_REQUESTED, names.ISSUE_DISPATCHED]


def test_who_had_it_first_leads_while_a_second_return_is_disputed_and_both_hear_how_it_is_decided() -> None:
    it = leaking()
    it.returned("water", "roads", 1)
    it.returned("roads", "water", 2, number=2, interim="water")
    again = it.of("water")[2].event
    assert (again.type, again.data["issue"]["unit"], it.state["standing"]["lead"]) == (
        names.ISSUE_RETURNED, "water", "water",
    )  # fmt: skip
    it.tell(names.RETURN_ADJUDICATED, unit="roads", number=2, upheld=False, charged="roads", reason="its duty")
    it.dispatch("roads", 3)
    grade_changed(it)
    assert types(it.of("water"))[2:] == [
        names.ISSUE_RETURNED, names.REVIEW_REQUESTED, names.RETURN_ADJUDICATED, names.ISSUE_DISPATCHED,
    ]  # fmt: skip
    assert types(it.of("roads"))[-1] == names.GRADE_CHANGED
    assert sequence(it.of("roads")) == list(range(1, len(it.of("roads")) + 1))


def test_closing_is_the_last_record_of_all_and_a_new_round_begins_with_the_issue() -> None:
    it = leaking()
    closed(it)
    it.tell(names.REOPEN_REQUESTED, reason="not dry")
    it.tell(names.ISSUE_REOPENED, round=2, unit="water", reason="again", because="requested")
    assert types(it.of("water")) == [names.ISSUE_ASSIGNED, names.ISSUE_CLOSED, names.ISSUE_REOPENED]
    assert sequence(it.of("water")) == [1, 2, 3]
    assert it.of("water")[2].event.data["issue"]["round"] == 2


def test_assisting_and_copied_units_hear_from_beginning_to_end_of_their_part() -> None:
    it = leaking()
    it.tell(names.ASSIST_ASKED, unit="roads", task="open the road", number=1)
    it.tell(names.ISSUE_COPIED, unit="lake")
    grade_changed(it)
    it.tell(names.ASSIST_DONE, unit="roads", number=1, result="done")
    it.tell(names.ISSUE_COPIED, unit="lake", ends=True)
    closed(it)
    assert types(it.of("roads")) == [names.ASSIST_ASKED, names.ISSUE_COPIED, names.GRADE_CHANGED, names.ASSIST_DONE]
    assert types(it.of("lake"))[-1] == names.ISSUE_COPIED
    assert "issue" in it.of("lake")[0].event.data


def test_an_emergency_is_on_the_topics_of_emergency_unit_and_place() -> None:
    it = leaking(urgency="emergency")
    assert "issue" in it.of("emergency")[0].event.data
    assert "issue" in it.of("hill")[0].event.data


def test_units_without_a_topic_get_no_copy() -> None:
    it = Told(RouterRules(pack()))
    it.submit(channel="whistle", unit="hill-works")
    assert it.of("hill-works") == []
    assert types(it.of("hill")) == [names.ISSUE_ASSIGNED]


def test_internal_texts_stay_out_except_the_units_own() -> None:
    it = leaking()
    it.tell(names.ASSIST_ASKED, unit="roads", task="open the road", number=1)
    mine = {"id": "w1", "role": "officer", "unit": "water"}
    it.tell(
        names.ISSUE_HANDLED, unit="water", outcome="solved", reply="It is dry", internal="weld 7", received_at=AT,
        assignment=1, by=mine,
    )  # fmt: skip
    closed(it)
    assert it.of("water")[-2].event.data["internal"] == "weld 7"
    assert it.of("water")[-2].event.data["by"]["id"] == "w1"
    assert it.of("roads")[-2].event.data["internal"] is None
    assert it.of("roads")[-2].event.data["reply"] == "It is dry"
    assert it.of("water")[-1].event.data["reason"] is None


def test_a_confidential_issue_tells_number_category_grade_limits_and_the_neutral_line() -> None:
    it = Told(RouterRules(pack()))
    it.submit(
        secrecy="confidential",
        category="lamps",
        title="A confidential matter",
        channel="media",
        answers={"a": "secret"},
    )
    it.tell(names.SUPPLEMENT_ASKED, question="secret street?")
    it.tell(names.ISSUE_HANDLED, unit="hill", outcome="solved", reply="secret reply", received_at=AT, assignment=1)
    it.tell(
        names.DEADLINE_SET, "sla", clock="handling", version=1, round=1, unit="hill", limit=LATER, starts=AT, pack="p"
    )
    issue = it.of("hill")[0].event.data["issue"]
    assert (issue["title"], issue["category"], issue["grade"]) == ("A confidential matter", "lamps", "complex")
    assert not issue.keys() & {"place", "text", "channel", "answers", "attachments"}
    assert it.of("hill")[-1].event.data["limit"] == LATER
    assert "secret" not in repr(it.of("hill"))


def test_of_a_confidential_issue_no_text_file_or_answer_is_told_and_of_another_all_that_is_ones_own() -> None:
    files = {
        "evidence": [{"id": "f"}],
        "attachments": [{"id": "g"}],
        "plan": ["dig"],
        "suggestions": [{"issue": "i-2"}],
    }
    said = {"unit": "hill", "outcome": "solved", "reply": "secret reply", "answers": {"a": "secret"}, **files}
    assert withheld.body(names.ISSUE_HANDLED, said, "hill", confidential=False) == said
    assert withheld.body(names.ISSUE_HANDLED, said, "hill", confidential=True) == {
        "unit": "hill", "outcome": "solved", "reply": withheld.MARK, "answers": {}, **{name: [] for name in files},
    }  # fmt: skip


def test_of_an_issue_that_becomes_confidential_the_router_forgets_the_text() -> None:
    it = leaking()
    it.tell(names.SECRECY_CHANGED, before="open", secrecy="confidential", reason="a minor")
    it.dispatch("roads", 2)
    assert "水管漏" not in repr(it.of("roads"))
    assert "水管漏" not in repr(it.state)


def test_nothing_of_a_sealed_issue_is_on_any_topic() -> None:
    it = leaking()
    before = len(it.sent)
    it.tell(names.SECRECY_CHANGED, before="open", secrecy="sealed", reason="names an official")
    it.dispatch("roads", 2)
    grade_changed(it)
    assert len(it.sent) == before


def test_an_unsealed_issue_is_told_to_its_lead_from_then_on_beginning_with_the_issue() -> None:
    it = Told(RouterRules(pack()))
    it.submit(secrecy="sealed")
    it.dispatch("roads", 1)
    it.tell(names.SECRECY_CHANGED, before="sealed", secrecy="internal", reason="no official after all")
    assert sequence(it.of("roads")) == [1]
    assert "issue" in it.of("roads")[0].event.data


def test_copies_have_the_shape_of_their_type() -> None:
    it = Told(RouterRules(pack()))
    it.submit(secrecy="confidential", category="lamps")
    it.tell(names.ASSIST_ASKED, unit="roads", task="t", number=1)
    it.tell(names.SITUATION_REPORTED, unit="lake", text="t")
    it.tell(names.EXTENSION_ASKED, until=LATER, reason="t")
    it.tell(names.COMPLETION_VOIDED, unit="hill", text="t")
    it.tell(names.SECRECY_CHANGED, before="confidential", secrecy="internal", reason="t")
    it.tell(names.SITUATION_REPORTED, unit="lake", number=2, text="t")
    it.tell(
        names.ISSUE_HANDED_OVER, from_unit="hill", unit="lake", grade="simple", assignment=2, why="accepted", reason="t"
    )
    for relay in it.sent:
        codec.encode(relay.event.type, {k: v for k, v in relay.event.data.items() if k != "issue"})


def test_a_long_report_does_not_outgrow_the_state() -> None:
    it = leaking(text="水" * 20_000)
    for number in range(1, 9):
        it.tell(names.ISSUE_SUPPLEMENTED, "intake", number=number, text="管" * 20_000, reported_at=AT)
    assert len(repr(it.state["said"]).encode()) < 64 * 1024


UNITS = st.sampled_from(["water", "roads", "hill", "lake", "emergency"])
STEPS = st.one_of(
    st.tuples(st.just("dispatch"), UNITS, st.integers(1, 6)),
    st.tuples(st.just("returned"), UNITS, UNITS),
    st.tuples(st.just("assist"), UNITS, st.booleans()),
    st.tuples(st.just("copy"), UNITS, st.booleans()),
    st.tuples(st.just("urgency"), st.sampled_from(["normal", "emergency"])),
    st.tuples(st.just("secrecy"), st.sampled_from(["open", "sealed", "confidential"])),
    st.tuples(st.just("reopen"), UNITS),
    st.tuples(st.just("close")),
    st.tuples(st.just("grade")),
)


def act(it: Told, step: tuple[Any, ...]) -> None:
    match step:
        case ("dispatch", unit, assignment):
            it.dispatch(unit, assignment)
        case ("returned", unit, proposed) if it.state["standing"]["assignment"] > 0:
            it.tell(
                names.ISSUE_RETURNED, unit=unit, ground="law", proposed_unit=proposed, text="t",
                number=1 + sum(event.type == names.ISSUE_RETURNED for event in it.story),
                assignment=it.state["standing"]["assignment"],
            )  # fmt: skip
        case ("assist", unit, begins):
            if begins:
                it.tell(names.ASSIST_ASKED, unit=unit, task="t", number=1)
            else:
                it.tell(names.ASSIST_DONE, unit=unit, number=1, result="done")
        case ("copy", unit, ends):
            it.tell(names.ISSUE_COPIED, unit=unit, ends=ends)
        case ("urgency", urgency):
            it.tell(names.URGENCY_CHANGED, before="normal", urgency=urgency, reason="t")
        case ("secrecy", secrecy):
            it.tell(names.SECRECY_CHANGED, before="open", secrecy=secrecy, reason="t")
        case ("reopen", unit):
            it.tell(names.ISSUE_REOPENED, round=2, unit=unit, reason="t", because="requested", by=BY)
        case ("close",):
            closed(it)
        case _:
            grade_changed(it)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=25), st.booleans())
def test_each_units_records_are_whole_and_counted_without_a_hole_whatever_happens(
    steps: list[tuple[Any, ...]], sure: bool
) -> None:
    it = leaking() if sure else leaking(text="who knows")
    for step in steps:
        act(it, step)
    for unit in ("water", "roads", "hill", "lake", "emergency"):
        copies = it.of(unit)
        assert sequence(copies) == list(range(1, len(copies) + 1))
        assert not copies or "issue" in copies[0].event.data
        for copy in copies:
            whole = dict(copy.event.data)
            if (issue := whole.pop("issue", None)) is not None:
                IssueAsItStands.model_validate(issue, extra="forbid")
            codec.encode(copy.event.type, whole)


def refuse(it: Told, unit: str) -> None:
    by = {"id": unit, "role": "unit_system", "unit": unit}
    it.tell(
        names.REPLY_REFUSED, by=by, unit=unit, reply="oa:42", command="contact", problem="urn:sanfu:problem:not-now",
        reason="acknowledge it first", allowed=["acknowledge"],
    )  # fmt: skip


def test_why_a_reply_was_refused_hears_its_own_unit_alone_in_its_place() -> None:
    it = leaking()
    it.tell(names.ASSIST_ASKED, unit="roads", task="t", number=1)
    roads, water = len(it.of("roads")), len(it.of("water"))
    refuse(it, "water")
    grade_changed(it)
    assert (len(it.of("roads")), len(it.of("water"))) == (roads + 1, water + 2)
    for unit in ("water", "roads"):
        assert sequence(it.of(unit)) == list(range(1, len(it.of(unit)) + 1))
    assert it.of("water")[-2].event.data["reason"] == "acknowledge it first"


def test_a_unit_that_answers_for_one_below_it_hears_why_not_without_having_a_part() -> None:
    it = leaking()
    refuse(it, "roads")
    grade_changed(it)
    assert [copy.event.type for copy in it.of("roads")] == [names.REPLY_REFUSED]


def test_why_a_reply_about_a_confidential_issue_was_refused_is_no_word_of_it() -> None:
    it = Told(RouterRules(pack()))
    it.submit(secrecy="confidential", category="lamps", title="A confidential matter")
    refuse(it, "hill")
    assert it.of("hill")[-1].event.data["reason"] == "acknowledge it first"
    it.tell(names.SECRECY_CHANGED, before="confidential", secrecy="sealed", reason="names an official")
    before = len(it.sent)
    refuse(it, "hill")
    assert len(it.sent) == before
