"""What the router keeps of its decisions and of what came of them."""

import pytest

from sanfu.contracts import names
from sanfu.router.domain import track
from sanfu.router.domain.rules import RouterRules
from tests.unit.router.city import pack
from tests.unit.router.story import NOW, Told, read_back

RULES = RouterRules(pack())


def leak(**more: object) -> Told:
    """An issue that a rule gives to the water bureau."""
    it = Told(RULES)
    it.submit(**{"text": "水管漏了", **more})
    return it


def close(it: Told, kind: str = "resolved") -> None:
    it.tell(names.ISSUE_CLOSED, kind=kind)


def right(it: Told) -> object:
    return track.final(it.state["track"])


def test_an_assignment_is_kept_with_the_rule_the_pack_and_what_it_went_by() -> None:
    kept = leak(category="lamps", urgency="urgent").state["track"]
    assert kept["asked"] == {"urgency": "urgent", "secrecy": "open", "category": "lamps"}
    [answer] = kept["answers"]
    assert (answer["what"], answer["unit"], answer["rule"], answer["pack"]) == ("assigned", "water", "leak", "pack-1")
    assert track.first_answer(kept) is answer


def test_a_review_is_kept_with_what_was_suggested_and_no_text() -> None:
    kept = leak(text="谁知道呢", category="pipes").state["track"]
    [answer] = kept["answers"]
    assert (answer["what"], answer["why"]) == ("review", "unsure")
    assert [each["unit"] for each in answer["suggestions"]] == ["water", "office"]
    assert "谁知道" not in str(kept)


def test_who_led_when_it_was_closed_as_handled_was_right() -> None:
    it = leak()
    assert right(it) is None
    close(it)
    assert right(it) == {"unit": "water", "known_by": "handled"}


@pytest.mark.parametrize("kind", ["refused", "merged", "withdrawn", "answered", "incomplete"])
def test_of_what_nobody_handled_nobody_knows_who_was_right(kind: str) -> None:
    it = leak()
    close(it, kind)
    assert right(it) is None


def test_after_a_return_the_unit_that_took_it_was_right_and_the_return_stands_with_the_decision() -> None:
    it = leak()
    it.returned("water", "roads", 1)
    close(it)
    kept = it.state["track"]
    assert right(it) == {"unit": "roads", "known_by": "handled"}
    [back] = track.returns_of(kept, kept["answers"][0])
    assert (back["unit"], back["proposed_unit"], back["ground"]) == ("water", "roads", "duties")
    assert track.returns_of(kept, kept["answers"][1]) == []


def test_a_later_return_by_the_same_unit_is_none_of_the_first_decision() -> None:
    it = leak()
    it.dispatch("roads", 2)
    it.dispatch("water", 3)
    it.returned("water", "lake", 3)
    kept = it.state["track"]
    assert track.returns_of(kept, kept["answers"][0]) == []
    assert len(track.returns_of(kept, kept["leads"][1])) == 1


def test_at_equal_numbers_desks_lead_counts() -> None:
    it = leak()
    it.dispatch("roads", 1)
    close(it)
    assert right(it) == {"unit": "roads", "known_by": "handled"}


def test_an_adjudication_says_who_is_right_before_anything_is_handled() -> None:
    it = leak()
    it.returned("water", "roads", 1)
    it.returned("roads", "lake", 2, number=2)
    it.tell(names.RETURN_ADJUDICATED, unit="water", number=2, upheld=False, charged="water", reason="so")
    assert right(it) == {"unit": "water", "known_by": "adjudicated"}
    assert it.state["track"]["rulings"][0]["charged"] == "water"


def test_what_is_reopened_is_open_again() -> None:
    it = leak()
    close(it)
    it.tell(names.ISSUE_REOPENED, round=2, unit="water", reason="so", because="requested")
    assert right(it) is None


def test_a_quarrel_without_end_keeps_the_first_decision_and_the_last() -> None:
    it = leak()
    for number in range(2, 40):
        it.dispatch("roads" if number % 2 else "lake", number)
    leads = it.state["track"]["leads"]
    assert len(leads) == track.MOST
    assert (leads[0]["assignment"], leads[-1]["assignment"]) == (2, 39)


def test_the_same_story_gives_the_same_track_wherever_the_answers_stand_in_it() -> None:
    it = leak()
    it.tell(names.URGENCY_CHANGED, urgency="emergency", before="normal", reason="so")
    it.dispatch("roads", 3)
    close(it)
    others = [event for event in it.story if event.source != "router"]
    own = [event for event in it.story if event.source == "router"]
    assert read_back(RULES, [*others, *own])["track"] == it.state["track"]


def test_the_report_as_it_was_routed_can_be_routed_again() -> None:
    it = leak(category="lamps", complains_of=["roads"])
    it.tell(names.URGENCY_CHANGED, urgency="emergency", before="normal", reason="so")
    it.tell(names.COMPLAINT_NOTED, units=["water"], reason="so")
    report = RULES.submitted(it.state)
    assert (report.facts.urgency, report.facts.category, report.complains_of) == ("normal", "lamps", ["roads"])
    assert RULES.routing.route(report, RULES.day(NOW)).data["unit"] == "water"


def test_what_became_secret_is_looked_at_without_its_text() -> None:
    it = leak()
    it.tell(names.SECRECY_CHANGED, secrecy="confidential", before="open", reason="so", title="A matter")
    facts = RULES.submitted(it.state).facts
    assert (facts.secrecy, facts.text) == ("confidential", "")
