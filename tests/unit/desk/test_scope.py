"""Nobody sees or changes what is outside their scope: random people, grants and cases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sanfu.desk.adapters.memory import MemoryCases
from sanfu.desk.domain.people import viewer
from sanfu.desk.domain.rules import offered
from sanfu.desk.domain.scope import Clause, Grant, Viewer, covering, line, scope, subtrees, widest
from sanfu.desk.domain.table import COMMANDS, LEAD
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.desk.ports import Wanted
from sanfu.runtime.paging import Page
from sanfu.runtime.rules import Actor, Command, Draft, Refusal
from tests.support.packs import shipped
from tests.unit.desk.test_table import EXAMPLES, RULES, SAID

PACK = shipped()
TREE = subtrees(PACK.units)
NOW = datetime(2026, 5, 6, 2, tzinfo=UTC)
UNITS = ("police", "traffic-police", "tax", "fotang", "fotang-social", "chengxi")
TOWNS = ("fotang", "chengxi")
AUDIENCES, CHANNELS = ("enterprise", "resident", "grassroots"), ("hotline", "web", "petition")
ROLES = (
    "officer",
    "unit_head",
    "reviewer",
    "coordination_office",
    "follow_up_caller",
    "leader",
    "discipline_liaison",
    "system_administrator",
)
some = st.frozensets
instants = st.sampled_from([None, NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)])
grants = st.builds(
    Grant, role=st.sampled_from(ROLES), unit=st.sampled_from([None, *UNITS, "gone"]),
    town=st.sampled_from([None, *TOWNS]), audiences=st.none() | some(st.sampled_from(AUDIENCES)),
    channels=st.none() | some(st.sampled_from(CHANNELS)),
    ceiling=st.sampled_from(["open", "internal", "confidential", "sealed"]), since=instants, until=instants,
    raised_by=st.sampled_from([None, None, None, "fotang", "fotang-beilei"]),
    filer=st.sampled_from([None, None, None, "monitor-1"]),
    need=st.sampled_from([None, None, "again"]), standing_in=st.sampled_from([None, None, *UNITS]),
)  # fmt: skip
people = st.builds(
    Viewer, id=st.just("somebody"), unit=st.sampled_from(UNITS), grants=st.lists(grants, max_size=4).map(tuple)
)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    base = EXAMPLES[draw(st.sampled_from(sorted(EXAMPLES)))]
    lead = base["unit"] and draw(st.sampled_from(UNITS))
    beside = draw(st.lists(st.sampled_from(UNITS), max_size=2)) if lead else []
    return {
        **base, "unit": lead, "units": [lead, *beside] if lead else [], "town": draw(st.sampled_from([None, *TOWNS])),
        "audience": draw(st.sampled_from(AUDIENCES)), "channel": draw(st.sampled_from(CHANNELS)),
        "secrecy": draw(st.sampled_from(["open", "internal", "confidential", "sealed"])), "ver": 1,
        "party_code": draw(st.sampled_from([None, "fotang-beilei", "91330782MA"])),
        "filer": draw(st.sampled_from([None, {"id": "monitor-1", "unit": None}, {"id": "x", "unit": "fotang-beilei"}])),
        "complains_of": draw(st.lists(st.sampled_from(UNITS), max_size=2)),
        "need": draw(st.sampled_from([["again"], ["call", "again"], ["call"], None])),
    }  # fmt: skip


def near(one: str, other: str) -> bool:
    return one in line(PACK.units, other) or other in line(PACK.units, one)


def within(grant: Grant, case: dict[str, Any], home: str = "") -> bool:
    """Say once more, word by word as the design page has it, what a grant shows to somebody of that unit."""
    if (grant.since and grant.since > NOW) or (grant.until and grant.until <= NOW):
        return False
    if grant.unit and not any(grant.unit in line(PACK.units, unit) for unit in case["units"]):
        return False
    if grant.town and grant.town != case["town"]:
        return False
    if grant.audiences is not None and case["audience"] not in grant.audiences:
        return False
    if grant.channels is not None and case["channel"] not in grant.channels:
        return False
    filer = case["filer"] or {}
    if grant.raised_by and not any(
        grant.raised_by in line(PACK.units, unit) for unit in (case["party_code"], filer.get("unit")) if unit
    ):
        return False
    if grant.filer and grant.filer != filer.get("id"):
        return False
    if grant.need and (grant.need not in (case["need"] or []) or any(near(home, unit) for unit in case["units"])):
        return False
    if grant.need and grant.standing_in and any(near(grant.standing_in, unit) for unit in case["units"]):
        return False
    if grant.role == "system_administrator":
        return False
    if "sealed" in (grant.ceiling, case["secrecy"]):
        return bool(grant.ceiling == case["secrecy"])
    order = ["open", "internal", "confidential"]
    return order.index(case["secrecy"]) <= order.index(grant.ceiling)


@given(people, st.lists(cases(), max_size=8))
@settings(max_examples=300, deadline=None)
async def test_lists_counts_reads_and_offers_agree_with_the_grants(who: Viewer, found: list[dict[str, Any]]) -> None:
    documents = {f"i-{n}": {**case, "_id": f"i-{n}"} for n, case in enumerate(found)}
    mine = scope(who, TREE, NOW)
    expected = {id for id, case in documents.items() if any(within(grant, case, who.unit) for grant in who.grants)}
    assert {id for id, case in documents.items() if covering(mine, case)} == expected
    store = MemoryCases(documents)
    listed = [
        case["_id"] for closed in (False, True)
        for case in await store.page(widest(mine), Wanted(closed=closed), Page(200, None))
    ]  # fmt: skip
    assert sorted(listed) == sorted(expected)
    counted = sum(row.count for row in await store.count(widest(mine)))
    assert counted == sum(documents[id]["open"] for id in expected)
    for id, case in documents.items():
        assert id in expected or not offered(case, mine, who.id, PACK)


@given(people, cases(), st.sampled_from(COMMANDS))
@settings(max_examples=300, deadline=None)
def test_nobody_changes_what_they_do_not_see(who: Viewer, case: dict[str, Any], name: str) -> None:
    mine = scope(who, TREE, NOW)
    said = BODIES[name].model_validate(SAID[name]).model_dump(mode="json")
    command = Command(name, {"said": said, "scope": mine}, Actor(who.id, "", who.unit), "k")
    seen = [grant for grant in who.grants if within(grant, case, who.unit)]
    try:
        drafts = RULES.decide(case, command, NOW)
    except Refusal as refusal:
        assert (refusal.status == 404) == (not seen)
        return
    assert isinstance(drafts[0], Draft)
    by = drafts[0].data["by"]
    assert by["role"] in {grant.role for grant in seen}
    assert by["unit"] in {who.unit, *(grant.standing_in for grant in seen)}
    if by["role"] not in LEAD:
        blamed = {*line(PACK.units, who.unit), *line(PACK.units, by["unit"])}
        assert blamed.isdisjoint(case["complains_of"]), "who is complained of decides nothing"
    assert name in offered(case, mine, who.id, PACK)


@given(st.lists(grants, max_size=6))
def test_the_widest_clauses_show_what_all_of_them_show(held: list[Grant]) -> None:
    every = scope(Viewer("x", "tax", tuple(held)), TREE, NOW)
    few = widest(every)
    assert len(few) <= len(every)
    for case in EXAMPLES.values():
        assert bool(covering(every, case)) == bool(covering(few, case))


def test_a_town_leader_sees_a_bureaus_case_in_his_town_and_may_not_act_on_it() -> None:
    head = viewer(PACK.staff["fotang-head"], PACK)
    mine = scope(head, TREE, NOW)
    case = {**EXAMPLES["assigned"], "town": "fotang"}
    assert covering(mine, case)
    assert offered(case, mine, head.id, PACK) == ()
    assert not covering(mine, {**case, "town": "chengxi"})
    assert not covering(mine, {**case, "secrecy": "confidential"}), "an area grant ends below confidential"


def test_sealed_cases_are_the_discipline_liaisons_alone() -> None:
    case = {**EXAMPLES["in_review"], "secrecy": "sealed"}
    seeing = {id for id, staff in PACK.staff.items() if covering(scope(viewer(staff, PACK), TREE, NOW), case)}
    assert seeing == {id for id, staff in PACK.staff.items() if "discipline_liaison" in staff.roles} != set()


def test_a_system_administrator_sees_no_case() -> None:
    assert scope(viewer(PACK.staff["system-administrator"], PACK), TREE, NOW) == ()


def test_a_coordination_groups_people_review_the_issues_of_their_audience() -> None:
    group = PACK.audience_groups["enterprise"]
    staff = next(one for one in PACK.staff.values() if one.unit == group)
    mine = scope(viewer(staff, PACK), TREE, NOW)
    case = EXAMPLES["in_review"]
    assert "dispatch" in offered({**case, "audience": "enterprise"}, mine, staff.id, PACK)
    assert offered({**case, "audience": "resident"}, mine, staff.id, PACK) == ()


def test_a_clause_of_an_area_stands_for_no_unit() -> None:
    area = Clause("officer", None, "fotang", None, None, frozenset({"internal"}))
    assert not area.leads({"unit": "fotang"})
