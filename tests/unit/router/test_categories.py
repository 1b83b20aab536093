"""A category ends: from that day on nothing that routes says it, and what came in under it goes by its successor."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sanfu.city.model.pack import Pack
from sanfu.city.model.rules import RoutingRule, When
from sanfu.city.wordlists import WordList
from sanfu.contracts import names
from sanfu.router.domain.decisions import Report
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.guessing import Guess, Suspect
from sanfu.router.domain.routing import Routing
from sanfu.router.domain.rules import RouterRules
from sanfu.router.handlers import explain, unfit_model
from tests.support import packs
from tests.unit.router import city
from tests.unit.router.story import Told, read_back

LAST, DAY = date(2026, 5, 31), date(2026, 6, 1)
WORDS = When(words=WordList((("路灯", "坏"),)))
OF_THE_TABLE = city.rule("sure-lamps", WORDS, "@town", category="lamps", grade="complex", of_category=True)
BY_HAND = city.rule("by-hand", When(words=WordList((("灯杆", "倒"),))), "roads", category="lamps", grade="difficult")
WISHED = (
    city.rule("wished-lamps", When(categories=("lamps",)), "@town", category="lamps", grade="complex"),
    city.rule("wished-pipes", When(categories=("pipes",)), "water", category="pipes", grade="simple"),
)


def ending(*rules: RoutingRule, heir: str | None = "pipes") -> Pack:
    """A city whose lamps are pipes from that day on."""
    pack = city.pack(*(rules or (OF_THE_TABLE, BY_HAND, *WISHED)))
    lamps = replace(pack.categories["lamps"], valid_to=DAY, succeeded_by=heir)
    return replace(pack, categories={**pack.categories, "lamps": lamps})


def routed(pack: Pack, day: date, model: Any = None, **facts: Any) -> dict[str, Any]:
    given = Facts("web", "resident", "issue", "normal", "internal", **{"town": "hill", "text": "", **facts})
    return dict(Routing(pack, model).route(Report(given), day).data)


@pytest.mark.parametrize(("day", "says"), [(LAST, ("hill", "complex", "lamps")), (DAY, ("water", "simple", "pipes"))])
def test_words_of_the_table_lead_where_its_successor_leads_from_the_day_on(day: date, says: tuple[str, ...]) -> None:
    data = routed(ending(), day, text="路灯坏了")
    assert (data["unit"], data["grade"], data["category"]) == says
    assert data["rule"] == "sure-lamps"


@pytest.mark.parametrize(("day", "category"), [(LAST, "lamps"), (DAY, "pipes")])
def test_a_rule_that_says_it_leads_where_it_led_and_says_the_successor(day: date, category: str) -> None:
    data = routed(ending(), day, text="灯杆倒了")
    assert (data["unit"], data["grade"], data["category"]) == ("roads", "difficult", category)


def test_words_of_what_is_not_there_yet_decide_nothing() -> None:
    pack = city.pack(OF_THE_TABLE)
    later = replace(pack.categories["lamps"], valid_from=DAY)
    pack = replace(pack, categories={**pack.categories, "lamps": later})
    assert "suggestions" in routed(pack, LAST, text="路灯坏了")
    assert routed(pack, DAY, text="路灯坏了")["category"] == "lamps"


def test_where_nothing_goes_on_its_words_decide_nothing_and_a_rule_of_somebodys_own_says_none() -> None:
    pack = ending(OF_THE_TABLE, BY_HAND, heir=None)
    assert "suggestions" in routed(pack, DAY, text="路灯坏了")
    data = routed(pack, DAY, text="灯杆倒了")
    assert (data["unit"], data["category"]) == ("roads", None)


def test_what_was_reported_before_the_day_is_routed_by_the_successor_after_it() -> None:
    now = datetime(2026, 5, 31, 16, 30, tzinfo=UTC)  # half an hour into the day, in the city
    told = Told(RouterRules(ending()))
    state = read_back(RouterRules(ending()), [event_of_submission()])
    [answer] = told.rules.outstanding(state, now)
    assert (answer.data["unit"], answer.data["category"]) == ("water", "pipes")
    [before] = told.rules.outstanding(state, datetime(2026, 5, 31, 15, 30, tzinfo=UTC))
    assert (before.data["unit"], before.data["category"]) == ("hill", "lamps")


def event_of_submission() -> Any:
    told = Told(RouterRules(city.pack()))
    told.submit(category="lamps", text="外面黑")
    return told.story[0]


class Fixed:
    """A model that always takes it for lamps, and leaves it to the town."""

    version = "model-1"

    def guess(self, facts: Facts) -> Guess:
        return Guess([Suspect("@town", 0.97, "lamps")], "issue", 0.9, alarm=False)

    def causes(self, facts: Facts, category: str) -> list[Any]:
        assert category == "lamps", "the model knows only what it was trained on"
        return []


LET = city.rule("rest", When(), None, "review")


def test_the_classifiers_word_for_it_counts_for_its_successor_above_the_bar_that_was_measured() -> None:
    pack = replace(ending(replace(LET, mode="model")), sure_from={"lamps": 0.9})
    assert [routed(pack, day, Fixed(), text="黑")["category"] for day in (LAST, DAY)] == ["lamps", "pipes"]
    assert [routed(pack, day, Fixed(), text="黑")["unit"] for day in (LAST, DAY)] == ["hill", "water"]
    unsure = replace(pack, sure_from={"lamps": 0.99, "pipes": 0.1})
    shown = routed(unsure, DAY, Fixed(), text="黑")["suggestions"]
    assert [(one["unit"], one["category"]) for one in shown] == [("water", "pipes"), ("office", None)]
    nowhere = replace(ending(replace(LET, mode="model"), heir=None), sure_from={"lamps": 0.9})
    assert [one["unit"] for one in routed(nowhere, DAY, Fixed(), text="黑")["suggestions"]] == ["office"]


def test_without_a_model_single_words_hint_at_the_successor() -> None:
    shown = [routed(ending(LET), day, text="路灯")["suggestions"][0] for day in (LAST, DAY)]
    assert [(one["unit"], one["category"]) for one in shown] == [("hill", "lamps"), ("water", "pipes")]


def test_an_explanation_shows_the_successor_and_what_in_the_text_spoke_for_what_it_was_called() -> None:
    rules = RouterRules(ending(LET), model=Fixed())  # type: ignore[arg-type]
    asked: dict[str, Any] = {
        "channel": "web", "audience": "resident", "kind": "issue", "urgency": "normal", "secrecy": "open",
        "title": "黑", "text": "", "place": {"town": "hill"}, "category": "lamps", "unit": None, "complains_of": [],
        "submitted_at": None,
    }  # fmt: skip
    pack = replace(rules.pack, channels={"web": object()})  # type: ignore[dict-item]
    rules.pack = pack
    told = explain(rules, asked, datetime(2026, 6, 1, 1, 0, tzinfo=UTC))
    assert [one["category"] for one in told["guesses"]] == ["pipes"]
    assert told["suggestions"][0]["category"] == "pipes"


def test_a_model_that_may_say_what_ends_for_good_is_no_model_for_the_pack() -> None:
    pack = packs.shipped()
    for heir, problems in (("public-toilet", 0), (None, 1)):
        lamp = replace(pack.categories["road-lamp"], valid_to=DAY, succeeded_by=heir)
        found = [*unfit_model(replace(pack, categories={**pack.categories, "road-lamp": lamp}))]
        assert len(found) == problems, heir
        assert all(one.file == "model/guess.npz" and "road-lamp" in one.message for one in found)


def test_an_issue_is_of_the_successor_from_that_event_on_and_its_units_hear_of_it() -> None:
    told = Told(RouterRules(city.pack()))
    told.submit(category="lamps")
    said = {"from_category": "lamps", "category": "pipes"}
    told.tell(names.CATEGORY_SUCCEEDED, **said)
    assert told.state["standing"]["category"] == "pipes"
    assert told.of("hill")[-1].event.type == names.CATEGORY_SUCCEEDED
    assert read_back(told.rules, told.story) == told.state
    told.tell(names.CATEGORY_SUCCEEDED, **said)
    told.dispatch("roads", 2, category="lamps")
    assert told.state["standing"]["category"] == "lamps", "what was said last counts, until the desk says it again"
    told.tell(names.CATEGORY_SUCCEEDED, from_category="pipes", category="gas")
    assert told.state["standing"]["category"] == "lamps", "it is of another"


def test_the_shipped_rules_are_the_same_every_day() -> None:
    routing = Routing(packs.shipped())
    one, other = (routing.categories.matcher(day) for day in (LAST, DAY))
    assert one is other
