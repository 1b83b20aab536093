"""The rules of lists: who makes them for whom, what stands on them, what comes of an entry, what was found there."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from sanfu.city.calendar import Holidays
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id, instant
from sanfu.contracts.registry import codec
from sanfu.desk.domain.affairs.rules import AffairRules
from sanfu.desk.domain.affairs.sight import of_lists
from sanfu.desk.domain.scope import Clause, covering
from sanfu.desk.entrypoints.commands import lists as bodies
from sanfu.runtime.bodies import Body
from sanfu.runtime.rules import Actor, Command, Concern, Draft, Refusal
from tests.support.cases import MORNING, Story, submitted
from tests.support.packs import shipped

RULES = AffairRules(shipped(), Holidays())
ALL = frozenset({"open", "internal", "confidential"})
BODIES: dict[str, type[Body]] = {**bodies.BODIES, "open": bodies.Open}
LIST = "list-7c1b2a90-4f63-5d1e-8a52-9b0c3d4e5f60"
OFFICE = Clause("coordination_office", None, None, None, None, ALL)
HEAD = Clause("unit_head", frozenset({"tax"}), None, None, None, ALL)
OFFICER = Clause("officer", frozenset({"tax"}), None, None, None, ALL)
HOLDER = Clause("holder", None, None, None, None, ALL, filer="tax-officer")
PROJECT = {"what": "project", "title": "某学校项目", "purpose": "find"}
HOUSEHOLD = {"what": "household", "code": "FT-0417"}
END_OF_EIGHTH = "2026-05-08T16:00:00.000Z"
"""Midnight in the city."""


def event(number: int, draft: Draft) -> Event:
    data = codec.decode(draft.type, codec.encode(draft.type, draft.data))
    return Event(event_id("desk", LIST, number), draft.type, "desk", LIST, number, MORNING, data)


def order(
    held: Mapping[str, Any], name: str, clause: Clause, *, of: Mapping[str, Any] | None = None, **said: Any
) -> list[Draft]:
    """Give a command in a capacity. `of`: whose list it is to be."""
    body = BODIES[name].model_validate(said).model_dump(mode="json")
    whose = {"holder": "tax-officer", "unit": "tax", "is_monitor": False, **(of or {})} if name == "open" else {}
    data = {"said": {**body, **whose}, "scope": (clause,), "id": LIST, "others": {}, "secret": ()}
    who = {"officer": "tax-officer", "holder": "tax-officer", "unit_head": "tax-head"}.get(clause.role, "office-duty")
    actor = Actor(who, "officer", "tax" if who.startswith("tax") else "three-services-office")
    found = RULES.decide(held, Command(name, data, actor, "k"), MORNING)
    return [one for one in found if isinstance(one, Draft)]


def after(held: Mapping[str, Any], drafts: Sequence[Draft]) -> Mapping[str, Any]:
    for draft in drafts:
        held = RULES.evolve(held, event(len(held.get("history", ())) + 1, draft))
    return held


def opened(*entries: Mapping[str, Any], clause: Clause = OFFICE, of: Any = None, **said: Any) -> list[Draft]:
    given = {"kind": "visit", "title": "五月走访", "due": "2026-05-08", "entries": [*entries] or [PROJECT], **said}
    return order({}, "open", clause, of=of, **given)


def three() -> Mapping[str, Any]:
    """A list of three: due on the seventh, the eighth, the ninth."""
    return after({}, opened(*({**PROJECT, "due": f"2026-05-0{day}"} for day in (7, 8, 9))))


def field_of(refusal: pytest.ExceptionInfo[Refusal]) -> str:
    return str(refusal.value.more["errors"][0]["field"])


# ── what stands on a list ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_is_due_when_its_day_ends_in_the_city() -> None:
    [told] = opened()
    assert told.data["entry_by"] == END_OF_EIGHTH
    assert told.data["turn"]


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({**PROJECT, "what": "palace"}, "what"),
        ({**PROJECT, "what": None}, "what"),
        ({**PROJECT, "title": None}, "title"),
        ({**PROJECT, "purpose": "tea"}, "purpose"),
        ({**PROJECT, "town": "atlantis"}, "town"),
        ({**PROJECT, "due": "2026-05-05"}, "due"),
        ({**PROJECT, "due": "2026-02-31"}, "due"),
        ({**PROJECT, "due": "9999-12-31"}, "due"),
        ({**PROJECT, "theme": "c01-t01"}, "theme"),
        ({**PROJECT, "what": "enterprise", "code": "913307820000000000"}, "code"),
        ({**HOUSEHOLD, "title": "张三家"}, "title"),
        ({**HOUSEHOLD, "code": None}, "code"),
        ({**HOUSEHOLD, "code": "330782196005061234"}, "code"),
        ({**PROJECT, "on": "2026-05-07"}, "on"),
        ({**PROJECT, "on": "1999-12-31"}, "on"),
        ({**HOUSEHOLD, "on": "2026-05-06", "text": "家中无米。"}, "text"),
    ],
)
def test_an_entry_that_is_not_as_it_should_be_is_told_by_its_field(entry: Mapping[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        opened(PROJECT, entry)
    assert (refused.value.status, field_of(refused)) == (422, f"$.entries[1].{field}")


def test_an_entry_that_is_due_today_is_taken() -> None:
    [told] = opened({**PROJECT, "due": "2026-05-06"})
    assert told.data["entry_by"] == "2026-05-06T16:00:00.000Z"


def test_a_visit_has_a_date_of_its_own_or_the_lists() -> None:
    with pytest.raises(Refusal) as refused:
        opened(due=None)
    assert field_of(refused) == "$.entries[0].due"


def test_a_list_has_up_to_a_hundred_entries_however_they_came() -> None:
    held = after({}, opened(*[PROJECT] * 100))
    with pytest.raises(Refusal) as refused:
        order(held, "add", OFFICE, due="2026-05-09", entries=[PROJECT])
    assert field_of(refused) == "$.entries"


def test_a_theme_of_ones_own_is_said_in_words_and_in_its_group() -> None:
    sheet = {"kind": "experience", "due": None}
    opened({"theme": "c01-t01", "on": "2026-05-06"}, clause=OFFICER, **sheet)
    own = {"theme": "other", "theme_group": "c01", "theme_text": "夜间急诊缴费", "on": "2026-05-06"}
    opened(own, clause=OFFICER, **sheet)
    for wrong, field in (
        ({**own, "theme_text": None}, "theme_text"),
        ({**own, "theme_group": "c99"}, "theme_group"),
        ({**own, "theme": "c01-t01"}, "theme_group"),
        ({**own, "theme": "c99-t01"}, "theme"),
    ):
        with pytest.raises(Refusal) as refused:
            opened(wrong, clause=OFFICER, **sheet)
        assert field_of(refused) == f"$.entries[0].{field}"


def test_a_check_up_names_one_of_the_nine_groups_and_is_held_by_a_monitor() -> None:
    what = {"title": "急诊缴费窗口", "on": "2026-05-06"}
    checkup: dict[str, Any] = {"kind": "checkup", "due": None}
    opened(what, of={"is_monitor": True}, group="journalist", **checkup)
    for of, group, field in (({"is_monitor": True}, "poet", "group"), ({"is_monitor": True}, None, "group"),
                             ({}, "journalist", "holder")):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            opened(what, of=of, group=group, **checkup)
        assert field_of(refused) == f"$.{field}"
    with pytest.raises(Refusal) as refused:
        opened(of={"is_monitor": True})
    assert field_of(refused) == "$.holder", "and a monitor holds no other list"


# ── who makes lists, and who sees them ───────────────────────────────────────────────────────────────────────────────


def test_for_others_the_office_opens_lists_and_a_units_head_visits_of_the_unit() -> None:
    elsewhere = {"holder": "water-officer", "unit": "water"}
    opened(of=elsewhere)
    opened(clause=HEAD)
    opened(clause=OFFICER)
    sheet = {"kind": "experience", "due": None, "entries": [{"theme": "c01-t01", "on": "2026-05-06"}]}
    for clause, of, more in ((HEAD, elsewhere, {}), (HEAD, {}, sheet), (OFFICER, elsewhere, {})):
        with pytest.raises(Refusal) as refused:
            opened(clause=clause, of=of, **more)
        assert refused.value.slug == "not-yours"


def test_a_list_of_visits_is_seen_by_its_holder_and_their_head_and_a_sheet_by_no_head() -> None:
    visits = after({}, opened())
    sheet = after({}, opened({"theme": "c01-t01", "on": "2026-05-06"}, clause=OFFICER, kind="experience", due=None))
    seen = {
        who: [bool(covering(of_lists((clause,), who), one)) for one in (visits, sheet)]
        for who, clause in (
            ("tax-officer", OFFICER), ("tax-head", HEAD), ("tax-other", OFFICER), ("office-duty", OFFICE),
            ("leader", Clause("leader", None, None, None, None, frozenset({"open", "internal"}))),
            ("town-head", Clause("leader", None, "fotang", None, None, ALL)),
            ("reviewer", Clause("reviewer", None, None, None, None, ALL)),
            ("water-head", Clause("unit_head", frozenset({"water"}), None, None, None, ALL)),
            ("looks-again", Clause("unit_head", None, None, None, None, ALL, need="again")),
        )
    }  # fmt: skip
    assert seen == {
        "tax-officer": [True, True], "tax-head": [True, False], "tax-other": [False, False],
        "office-duty": [True, True], "leader": [True, True], "town-head": [False, False], "reviewer": [False, False],
        "water-head": [False, False], "looks-again": [False, False],
    }  # fmt: skip


def test_only_the_holder_marks_entries_and_only_while_the_list_is_open() -> None:
    held = three()
    for clause in (OFFICE, HEAD):
        with pytest.raises(Refusal) as refused:
            order(held, "mark", clause, entry=1, result="visited")
        assert refused.value.more["allowed"] == ["add", "end"]
    held = after(held, order(held, "end", HEAD, reason="另行安排"))
    assert (held["state"], held["ended"]["result"], held["limit"]) == ("ended", "dropped", "9999-12-31T00:00:00.000Z")
    with pytest.raises(Refusal) as refused:
        order(held, "mark", HOLDER, entry=1, result="visited")
    assert (refused.value.status, refused.value.more["allowed"]) == (409, [])


# ── what comes of an entry ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_next_entry_takes_its_turn_when_the_first_was_visited_and_not_before() -> None:
    held = three()
    [told] = order(held, "mark", HOLDER, entry=2, result="visited")
    assert (told.data["entry_by"], told.data["turn"]) == ("2026-05-07T16:00:00.000Z", False), "the first is due still"
    held = after(held, [told])
    [told] = order(held, "mark", HOLDER, entry=1, result="closed", on="2026-05-05")
    assert (told.data["entry_by"], told.data["turn"]) == ("2026-05-09T16:00:00.000Z", True)
    held = after(held, [told])
    last = order(held, "mark", HOLDER, entry=3, result="refused", text="称无需走访")
    assert [one.type for one in last] == [names.ENTRY_MARKED, names.LIST_ENDED]
    held = after(held, last)
    assert (held["state"], held["open"]) == ("ended", False)


def test_what_is_added_takes_its_turn_where_it_is_due_first() -> None:
    held = three()
    [later] = order(held, "add", OFFICE, due="2026-05-20", entries=[PROJECT])
    [sooner] = order(held, "add", HOLDER, due="2026-05-06", entries=[PROJECT])
    assert (later.data["turn"], sooner.data["turn"]) == (False, True)
    assert [one["number"] for one in after(held, [sooner])["entries"]] == [1, 2, 3, 4]


def test_a_mark_is_corrected_and_the_same_one_again_changes_nothing() -> None:
    held = three()
    held = after(held, order(held, "mark", HOLDER, entry=1, result="closed"))
    held = after(held, order(held, "mark", HOLDER, entry=1, result="visited", text="改期后已访"))
    assert (held["entries"][0]["result"], held["entries"][0]["text"]) == ("visited", "改期后已访")
    with pytest.raises(Refusal) as refused:
        order(held, "mark", HOLDER, entry=1, result="visited", text="改期后已访")
    assert refused.value.slug == "nothing-changed"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"entry": 4, "result": "visited"}, "entry"),
        ({"entry": 1, "result": "refused"}, "text"),
        ({"entry": 1, "result": "visited", "on": "2026-05-07"}, "on"),
        ({"entry": 1, "result": "visited", "on": "2026-13-01"}, "on"),
    ],
)
def test_a_mark_that_can_not_be_is_told_by_its_field(said: Mapping[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        order(three(), "mark", HOLDER, **said)
    assert (refused.value.status, field_of(refused)) == (422, f"$.{field}")


def test_of_a_household_in_need_nothing_is_written_and_a_refusal_needs_no_words() -> None:
    held = after({}, opened(HOUSEHOLD, PROJECT))
    with pytest.raises(Refusal) as refused:
        order(held, "mark", HOLDER, entry=1, result="visited", text="家中有病人")
    assert field_of(refused) == "$.text"
    assert order(held, "mark", HOLDER, entry=1, result="refused")


# ── findings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def found(held: Mapping[str, Any], subject: str = "i-1", **more: Any) -> list[Draft]:
    said = {"channel": "visit", "found_on": {"affair": LIST, "entry": 1}, **more}
    told = Story(subject).event("intake", names.ISSUE_SUBMITTED, submitted(**said))
    return [one for one in RULES.decide(held, Concern(told, LIST), MORNING) if isinstance(one, Draft)]


def test_a_finding_is_noted_once_also_after_the_list_has_ended() -> None:
    held = three()
    held = after(held, order(held, "end", HOLDER, reason="另行安排"))
    held = after(held, found(held))
    assert (held["findings"][0]["issue"], held["concerns"]) == ("i-1", ["i-1"])
    assert found(held) == []
    assert len(after(held, found(held, "i-2"))["findings"]) == 2


@pytest.mark.parametrize(
    "more", [{"channel": "hotline"}, {"found_on": {"affair": LIST, "entry": 4}}], ids=["channel", "entry"]
)
def test_what_can_not_have_been_found_there_is_not_noted(more: Mapping[str, Any]) -> None:
    assert found(three(), **more) == []
    assert found({}) == [], "nor by a list that is not there"


def test_a_sheets_finding_is_its_holders_own() -> None:
    entry = {"theme": "c01-t01", "on": "2026-05-06"}
    sheet = after({}, opened(entry, clause=OFFICER, kind="experience", due=None))
    by = {"kind": "officer", "unit": "tax", "named_to_unit": False}
    said = {"channel": "experience", "party_kind": "none"}
    assert found(sheet, **said, filer={**by, "id": "tax-other"}) == []
    assert found(sheet, **said, filer=None) == []
    assert len(found(sheet, **said, filer={**by, "id": "tax-officer"})) == 1


def test_the_light_that_its_clock_has_on_is_the_lists() -> None:
    held = three()
    limit = MORNING + timedelta(days=1)
    body = {
        "clock": "listed_entry", "version": 1, "round": 1, "unit": "tax", "limit": instant(limit), "level": "red",
        "reason": "limit_passed",
    }  # fmt: skip
    data = codec.decode(names.LIGHT_CHANGED, codec.encode(names.LIGHT_CHANGED, body))
    lit = Event(event_id("sla", LIST, 1), names.LIGHT_CHANGED, "sla", LIST, 1, MORNING, data)
    assert RULES.evolve(held, lit)["light"] == "red"
