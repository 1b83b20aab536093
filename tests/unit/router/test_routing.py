"""Who leads a new report."""

from typing import Any

import pytest

from sanfu.city.model.rules import When
from sanfu.city.wordlists import WordList
from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.router.domain.rules import RouterRules
from sanfu.router.domain.standing import NEW, Move, fold
from tests.unit.router.city import pack, rule
from tests.unit.router.story import Told


def submitted(**data: Any) -> Event:
    return Told(RouterRules(pack())).submit(**data)


def suggested(answer: Event) -> list[str]:
    return [each["unit"] for each in answer.data["suggestions"]]


def test_a_rule_that_is_sure_assigns_at_once_and_says_why() -> None:
    answer = submitted(title="路边", text="水管漏了三天")
    assert answer.type == names.ISSUE_ASSIGNED
    assert {k: answer.data[k] for k in ("unit", "grade", "category", "assignment", "decided_by", "rule", "reason")} == {
        "unit": "water", "grade": "simple", "category": "pipes", "assignment": 1, "decided_by": "rule", "rule": "leak",
        "reason": "because of leak",
    }  # fmt: skip
    assert answer.data["pack"] == "pack-1"


def test_the_first_rule_that_matches_wins() -> None:
    both = {"text": "水管漏了", "category": "lamps"}
    assert submitted(**both).data["rule"] == "leak"
    lamps_first = pack(*reversed(pack().rules))
    assert Told(RouterRules(lamps_first)).submit(**both).data["rule"] != "leak"


def test_one_word_of_a_pair_decides_nothing() -> None:
    answer = submitted(text="水管")
    assert (answer.type, answer.data["why"]) == (names.REVIEW_REQUESTED, "unsure")


def test_a_latin_word_counts_only_as_a_whole_one() -> None:
    assert submitted(text="The PIPE leaks").type == names.ISSUE_ASSIGNED
    assert submitted(text="the pipeline leaks").type == names.REVIEW_REQUESTED


def test_a_phrase_that_does_not_count_is_taken_out_before_words_are_looked_for() -> None:
    words = WordList((("水管", "漏"),), unless=("不漏",))
    rules = RouterRules(pack(rule("only", When(words=words), "water")))
    assert Told(rules).submit(text="水管不漏").type == names.REVIEW_REQUESTED
    assert Told(rules).submit(text="水管漏").type == names.ISSUE_ASSIGNED


def test_town_stands_for_the_town_of_the_place_and_assisting_units_are_told() -> None:
    answer = submitted(category="lamps")
    assert (answer.data["unit"], answer.data["grade"]) == ("hill", "complex")
    assert answer.data["also"] == [{"unit": "roads", "part": "assist"}]


def test_without_a_known_town_what_belongs_to_the_town_goes_to_review() -> None:
    answer = submitted(category="lamps", place={})
    assert (answer.type, answer.data["why"]) == (names.REVIEW_REQUESTED, "place")


def test_a_unit_that_is_gone_is_replaced_by_its_successor() -> None:
    assert submitted(channel="superior", unit="gone").data["unit"] == "water"
    assert submitted(channel="superior", unit="old").type == names.REVIEW_REQUESTED


def test_what_no_rule_is_sure_of_goes_to_review_with_suggestions_that_end_with_the_fallback() -> None:
    answer = submitted(text="水管旁边的路灯", category="pipes")
    assert answer.data["why"] == "unsure"
    assert suggested(answer) == ["water", "hill", "office"]
    assert answer.data["suggestions"][0]["rule"] == "wish"
    assert suggested(submitted(text="nothing known")) == ["office"]


def test_a_rule_that_names_the_fallback_unit_does_not_put_it_first() -> None:
    rules = RouterRules(pack(rule("rest", When(), "office", "review")))
    answer = Told(rules).submit(text="水管旁边")
    assert suggested(answer) == ["water", "office"]
    assert answer.data["suggestions"][1]["score"] == 0
    assert answer.data["reason"] == "because of rest"


def test_a_rule_that_is_switched_off_is_not_there() -> None:
    off = rule("off", When(channels=("web",)), "water", active=False)
    assert Told(RouterRules(pack(off))).submit().type == names.REVIEW_REQUESTED


def test_a_section_is_called_only_by_its_own_town_which_hears_of_it() -> None:
    answer = submitted(channel="whistle", unit="hill-works")
    assert answer.data["unit"] == "hill-works"
    assert answer.data["also"] == [{"unit": "hill", "part": "place"}]
    assert submitted(channel="whistle", unit="hill-works", place={"town": "lake"}).type == names.REVIEW_REQUESTED


@pytest.mark.parametrize("kind", ["thanks", "spam"])
def test_thanks_and_spam_are_not_dispatched_even_if_a_rule_is_sure(kind: str) -> None:
    answer = submitted(kind=kind, text="水管漏")
    assert (answer.type, answer.data["why"]) == (names.REVIEW_REQUESTED, kind)


def test_a_question_no_rule_is_sure_of_is_shown_as_a_question() -> None:
    assert submitted(kind="consult").data["why"] == "consult"


# ── emergencies ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_emergency_goes_at_once_to_the_emergency_unit_and_the_unit_of_the_place() -> None:
    answer = submitted(urgency="emergency")
    assert (answer.type, answer.data["unit"], answer.data["decided_by"]) == (
        names.ISSUE_ASSIGNED,
        "emergency",
        "emergency",
    )
    assert answer.data["also"] == [{"unit": "hill", "part": "place"}]


@pytest.mark.parametrize(
    "also",
    [
        {"kind": "consult"},
        {"kind": "thanks"},
        {"secrecy": "confidential"},
        {"channel": "petition"},
        {"category": "pipes"},
    ],
)
def test_nothing_but_a_seal_keeps_an_emergency_from_being_assigned(also: dict[str, str]) -> None:
    assert submitted(urgency="emergency", **also).data["unit"] == "emergency"
    assert (
        Told(RouterRules(pack(rule("none", When(channels=("x",)), "water"))))
        .submit(urgency="emergency", **also)
        .data["unit"]
        == "emergency"
    )


def test_an_emergency_at_an_unknown_place_is_assigned_all_the_same() -> None:
    answer = submitted(urgency="emergency", place={})
    assert (answer.data["unit"], answer.data["also"]) == ("emergency", [])


def test_an_emergency_that_complains_of_the_emergency_unit_is_led_by_the_place() -> None:
    answer = submitted(urgency="emergency", complains_of=["emergency"])
    assert answer.data["unit"] == "hill"
    assert answer.data["also"] == [{"unit": "emergency", "part": "emergency"}]


def test_an_issue_in_review_that_becomes_an_emergency_is_assigned_at_once() -> None:
    it = Told(RouterRules(pack()))
    it.submit()
    (answer,) = it.tell(names.URGENCY_CHANGED, before="normal", urgency="emergency", reason="smoke")
    assert (answer.data["unit"], answer.data["urgency"]) == ("emergency", "emergency")


def test_who_leads_what_becomes_an_emergency_goes_on_leading_beside_the_emergency_unit() -> None:
    it = Told(RouterRules(pack()))
    it.submit(text="水管漏")
    (answer,) = it.tell(names.URGENCY_CHANGED, before="normal", urgency="emergency", reason="a cellar fills up")
    assert (answer.data["unit"], answer.data["assignment"]) == ("water", 2)
    assert [each["unit"] for each in answer.data["also"]] == ["emergency", "hill"]


# ── secrecy, recusal ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_confidential_issue_is_routed_by_channel_category_and_place_only() -> None:
    assert submitted(secrecy="confidential", category="lamps").data["unit"] == "hill"
    by_wish = submitted(secrecy="confidential", channel="superior", unit="roads")
    assert (by_wish.type, by_wish.data["why"]) == (names.REVIEW_REQUESTED, "confidential")


def test_the_neutral_title_of_a_confidential_issue_decides_nothing() -> None:
    assert submitted(secrecy="confidential", title="水管漏").data["why"] == "confidential"


def test_a_sealed_issue_is_never_assigned_and_only_its_own_rule_suggests() -> None:
    for urgency in ("normal", "emergency"):
        answer = submitted(secrecy="sealed", category="lamps", urgency=urgency)
        assert (answer.type, answer.data["why"], suggested(answer)) == (
            names.REVIEW_REQUESTED,
            "sealed",
            ["discipline"],
        )


@pytest.mark.parametrize("complained_of", ["hill", "hill-order"])
def test_a_unit_complained_of_does_not_lead_nor_does_the_town_of_its_section(complained_of: str) -> None:
    answer = submitted(category="lamps", complains_of=[complained_of])
    assert (answer.type, answer.data["why"]) == (names.REVIEW_REQUESTED, "recusal")
    assert "hill" not in suggested(answer)


# ── returns ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def leaking() -> Told:
    it = Told(RouterRules(pack()))
    it.submit(text="水管漏")
    return it


def test_a_first_return_goes_to_the_unit_proposed_as_the_next_assignment() -> None:
    answer = leaking().returned("water", "roads", 1)
    assert (answer.type, answer.data["unit"], answer.data["assignment"]) == (names.ISSUE_ASSIGNED, "roads", 2)
    assert (answer.data["decided_by"], answer.data["category"], answer.data["grade"]) == ("return", "pipes", "simple")


def test_a_second_return_goes_to_adjudication() -> None:
    it = leaking()
    it.returned("water", "roads", 1)
    answer = it.returned("roads", "water", 2, number=2)
    assert (answer.type, answer.data["why"]) == (names.REVIEW_REQUESTED, "second_return")


@pytest.mark.parametrize("proposed", ["water", "gone", "old", "nobody", "court", "hill-works"])
def test_a_first_return_whose_proposal_can_not_lead_goes_to_review(proposed: str) -> None:
    """`gone` is succeeded by the very unit that returns it."""
    assert leaking().returned("water", proposed, 1).type == names.REVIEW_REQUESTED


def test_a_section_may_propose_another_section_of_its_town_or_the_town() -> None:
    for proposed in ("hill-order", "hill"):
        it = Told(RouterRules(pack()))
        it.submit(channel="whistle", unit="hill-works")
        assert it.returned("hill-works", proposed, 1).data["unit"] == proposed


def test_a_return_to_a_unit_complained_of_goes_to_review() -> None:
    it = Told(RouterRules(pack()))
    it.submit(text="水管漏", complains_of=["roads"])
    assert it.returned("water", "roads", 1).data["why"] == "recusal"


def test_a_return_of_an_assignment_that_is_no_more_is_not_answered() -> None:
    it = leaking()
    it.dispatch("roads", 2)
    assert it.tell(
        names.ISSUE_RETURNED, unit="water", ground="duties", proposed_unit="lake", text="late", number=1, assignment=1
    ) == []  # fmt: skip


# ── one number ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_two_assignments_the_higher_counts_and_at_equal_numbers_desks() -> None:
    it = leaking()
    it.dispatch("roads", 1)
    assert it.state["standing"]["lead"] == "roads"
    it.returned("roads", "hill", 1)
    assert (it.state["standing"]["lead"], it.state["standing"]["assignment"]) == ("hill", 2)
    it.dispatch("lake", 1)
    assert it.state["standing"]["lead"] == "hill"


def test_at_equal_numbers_the_routers_assignment_does_not_undo_desks() -> None:
    def lead(unit: str, *, desk: bool) -> Move:
        return {"do": "lead", "unit": unit, "assignment": 1, "desk": desk}

    dispatched = fold(NEW, lead("roads", desk=True))
    assert fold(dispatched, lead("water", desk=False))["lead"] == "roads"
    assert fold(fold(NEW, lead("water", desk=False)), lead("roads", desk=True))["lead"] == "roads"
