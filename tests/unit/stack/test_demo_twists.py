"""What happens out of the ordinary in the demo: to which issues, how often, and what follows."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from sanfu.city.holidays_cn import national_calendar
from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.stack.demo import beside, replies
from sanfu.stack.demo.hours import Hours
from sanfu.stack.demo.reports import Report, chosen, party
from sanfu.stack.demo.script import Fate, Script, fate
from sanfu.stack.demo.staff import Staffing
from sanfu.stack.demo.steps import PARTY, Step
from sanfu.stack.demo.twists import EVERY, MOST, TWISTS, Scene, Twists
from sanfu.stack.places import checkout
from sanfu.stack.plan import shipped_city
from tests.unit.stack.cases import case, led

HANDLED = {"at": "2026-01-05T02:00:00.000Z", "outcome": "solved"}


@pytest.fixture(scope="module")
def pack() -> Pack:
    found = load(shipped_city(checkout()), datetime(2026, 1, 1, tzinfo=UTC).date()).pack
    assert found is not None
    return found


@pytest.fixture(scope="module")
def script(pack: Pack) -> Script:
    return Script(pack, Staffing(pack), Hours(pack, national_calendar()))


@pytest.fixture(scope="module")
def report(pack: Pack) -> Report:
    """One whose party has a phone, and which somebody handles in time."""
    reports = ((one, party(one, pack)) for one in chosen(pack, 650))
    return next(one for one, who in reports if who and who.phone and fate(one) is Fate.ON_TIME)


def ordered(step: Step | None) -> list[str]:
    return [name for name, _ in step.orders] if step else []


FITTING: dict[str, dict[str, Any]] = {
    "unheard": {**led("assigned"), "urgency": "emergency"},
    "returned": {**led("assigned"), "town": "fotang"},
    "returned_again": {**led("assigned"), "town": "fotang", "returns": 1},
    "given_down": {**led("contacted"), "unit": "fotang"},
    "registered": {
        **led("contacted"),
        "grade": "difficult",
        "clocks": {"handling": {"yellow": "2026-01-19T09:30:00Z"}},
    },
    "extended": led("contacted"),
    "suspended": led("contacted"),
    "instructed": led("contacted"),
    "reminded": led("contacted"),
    "withdrawn": led("contacted"),
    "merged": led("assigned"),
    "voided": led("handled", handle=HANDLED),
    "asked_again": {**led("closed", handle=HANDLED), "closed": {"kind": "resolved", "at": HANDLED["at"]}},
    "asked_in_vain": {**led("closed", handle=HANDLED), "closed": {"kind": "resolved", "at": HANDLED["at"]}},
}
ACTS = {
    "unheard": ["acknowledge", "contact"], "returned": ["return"], "returned_again": ["return"],
    "given_down": ["ask_assist"], "registered": [""], "extended": ["ask_extension"], "suspended": ["suspend"],
    "instructed": ["instruct"], "reminded": ["remind"], "withdrawn": ["withdraw"], "merged": ["merge"],
    "voided": ["void"], "asked_again": ["request_reopen"], "asked_in_vain": ["request_reopen"],
}  # fmt: skip


def scene(script: Script, report: Report, found: dict[str, Any]) -> Scene:
    head = {**led("contacted"), "id": "head"}
    return Scene(script, report, found, [(head, datetime(2026, 1, 7, tzinfo=UTC))])


def unplayed(name: str) -> Twists:
    """Twists of which all others have been played."""
    return Twists(played=Counter({one: 1 for one in TWISTS if one.__name__ != name}))


def test_every_twist_has_an_issue_that_it_fits() -> None:
    assert {one.__name__ for one in TWISTS} == set(FITTING) == set(ACTS)


@pytest.mark.parametrize("name", FITTING)
def test_a_twist_begins_with_its_own_act_and_is_played_once(script: Script, report: Report, name: str) -> None:
    playing, here = unplayed(name), scene(script, report, FITTING[name])
    assert ordered(playing.next_step(here, EVERY - 1)) == ACTS[name]
    assert playing.next_step(here, EVERY - 1) is None


@pytest.mark.parametrize("name", FITTING)
def test_a_twist_passes_by_an_issue_that_rests(script: Script, report: Report, name: str) -> None:
    twist = next(one for one in TWISTS if one.__name__ == name)
    assert twist(scene(script, report, case(state="answered"))) is None


def test_further_reports_bring_every_twist_once_more(script: Script, report: Report) -> None:
    playing, here = unplayed("extended"), scene(script, report, led("contacted"))
    assert ordered(playing.next_step(here, EVERY)) == ACTS["extended"]
    assert playing.next_step(here, EVERY) is not None


def test_one_issue_has_only_so_many_twists(script: Script, report: Report) -> None:
    playing, here = Twists(), scene(script, report, led("contacted"))
    assert len([step for _ in range(MOST + 2) if (step := playing.next_step(here, 10 * EVERY))]) == MOST


def test_what_nobody_ever_handles_has_no_twist(script: Script, pack: Pack) -> None:
    lying = next(one for one in chosen(pack, 650) if fate(one) is Fate.OPEN)
    assert Twists().next_step(scene(script, lying, led("contacted")), 0) is None


def test_what_moves_the_clock_comes_before_it_is_yellow(script: Script, report: Report) -> None:
    late = {**led("contacted"), "changed_at": "2026-01-07T06:00:00.000Z"}
    playing = unplayed("extended")
    assert playing.next_step(scene(script, report, late), 0) is None


def test_a_party_acts_on_its_own_page_and_says_nothing_on_a_confidential_issue(script: Script, report: Report) -> None:
    secret = {**led("contacted"), "secrecy": "confidential"}
    step = unplayed("reminded").next_step(scene(script, report, secret), 0)
    assert step is not None
    assert (step.user, step.orders) == (PARTY, (("remind", {}),))


def test_nothing_is_merged_into_what_is_handled_before_the_reviewer_comes(script: Script, report: Report) -> None:
    head = {**led("contacted"), "id": "head"}
    here = Scene(script, report, led("assigned"), [(head, datetime(2026, 1, 5, 0, 30, tzinfo=UTC))])
    assert unplayed("merged").next_step(here, 0) is None


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────────


def given(number: int, result: str | None) -> dict[str, Any]:
    unit = ("fotang-agriculture", "fotang-construction")[number - 1]
    return {"number": number, "unit": unit, "done": result and {"result": result}}


def following(script: Script, report: Report, **more: Any) -> list[str]:
    return ordered(script.next_step(report, {**led("contacted"), **more}))


def test_a_section_gives_it_back_and_the_town_gives_it_to_another_that_does_it(script: Script, report: Report) -> None:
    town = {"unit": "fotang", "units": ["fotang"]}
    assert following(script, report, **town, assists=[given(1, None)]) == ["not_ours"]
    assert following(script, report, **town, assists=[given(1, "not_ours")]) == ["ask_assist"]
    assert following(script, report, **town, assists=[given(2, None)]) == ["assist_done"]
    assert following(script, report, **town, assists=[given(2, "done")]) == ["handle"]


def test_what_was_asked_of_the_office_is_decided(script: Script, report: Report) -> None:
    assert following(script, report, extension={"until": "x"}) == ["decide_extension"]
    meeting = {"m": {"what": "meeting_called", "at": "2026-01-05T01:00:00.000Z"}}
    step = script.next_step(report, {**led("contacted"), "affairs": meeting})
    assert step is not None
    assert (step.of, ordered(step)) == ("meetings/m", ["hold"])


def test_milestones_are_reached_one_after_the_other_and_the_first_is_told_to_the_public(
    script: Script, report: Report
) -> None:
    plan = [{"limit": "2026-01-12T01:00:00.000Z"}, {"limit": "2026-01-19T01:00:00.000Z"}]
    stands = [([], 0), ([1], 1), ([1, 2], 1)]
    done = [
        following(script, report, state="registered", register={"plan": plan, "reached": reached, "reports": reports})
        for reached, reports in stands
    ]
    assert done == [["reach_milestone", "report_register"], ["reach_milestone"], ["handle"]]


@pytest.mark.parametrize(("why", "does"), [(replies.NOT_MENDED, "reopen"), (replies.CURIOUS, "decline_reopen")])
def test_only_what_was_not_mended_is_handled_again(script: Script, report: Report, why: str, does: str) -> None:
    assert following(script, report, state="reopen_requested", request={"reason": why}) == [does]


def test_the_party_of_what_was_merged_is_asked_once_its_head_was_handled(script: Script, report: Report) -> None:
    assert following(script, report, state="merged", head="h") == []
    assert following(script, report, state="merged", head="h", head_handled={"unit": "finance"}) == ["follow_up"]


def test_an_emergencys_unit_reaches_the_scene_and_reports_before_it_handles(script: Script, report: Report) -> None:
    assert following(script, report, urgency="emergency") == ["reach_scene", "report"]
    there = {**led("contacted", scene={}), "urgency": "emergency"}
    assert ordered(script.next_step(report, there)) == ["handle"]


def order(state: str, **more: Any) -> dict[str, Any]:
    at = "2026-01-05T01:00:00.000Z"
    return {"id": "order:1", "state": state, "unit": "finance", "cause": "red_light", "begun_at": at, **more}


def test_an_order_is_answered_by_its_unit_and_lifted_by_the_office(script: Script, pack: Pack) -> None:
    stands = [order("raised"), order("replied", reply={"at": "2026-01-06T01:00:00.000Z"})]
    steps = [beside.on_order(script, one.id, led("contacted"), each) for one in chosen(pack, 3) for each in stands]
    assert {(tuple(ordered(step)), step.of) for step in steps if step} == {
        (("reply",), "orders/order:1"),
        (("lift",), "orders/order:1"),
    }
    assert all(step.aside for step in steps if step)


def test_some_orders_are_never_answered(script: Script, pack: Pack) -> None:
    answers = [beside.on_order(script, one.id, led("contacted"), order("raised")) for one in chosen(pack, 100)]
    assert 10 <= sum(step is None for step in answers) <= 35
