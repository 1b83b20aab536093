"""Replanning: open clocks by another policy or calendar. What changes, what stays, and that it can be interrupted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import httpx
import pytest

from sanfu.city.model.clocks import DayOverride, Limit, LimitCase
from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.fold import Done
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.rules import Actor, Command, Refusal
from sanfu.runtime.service import Parts
from sanfu.runtime.store import Document, StoreDown
from sanfu.sla.adapters.memory import RememberedReplans
from sanfu.sla.domain.rules import SlaRules
from sanfu.sla.handlers import Replanning
from sanfu.sla.ports import Stretch
from tests.support.assembling import OPS_TOKEN, NotifyParts, assembled
from tests.support.packs import shipped
from tests.unit.sla.policies import holidays, local, shown
from tests.unit.sla.telling import Telling, deadlines, lights

RULES = SlaRules(shipped(), holidays())
REPLAN = Command("Replan", {}, Actor("replan", "system"), "replan:1")


def with_complex(days: int, **more: Any) -> SlaRules:
    """The shipped policy, complex issues having so many calendar days to be handled."""
    policy = shipped().policy
    handling = policy.clocks["handling"]
    limits = (LimitCase({"grade": ("complex",)}, Limit("calendar_days", days)), *handling.limits)
    return changed(clocks={**policy.clocks, "handling": replace(handling, limits=limits)}, **more)


def changed(**more: Any) -> SlaRules:
    pack: Pack = replace(shipped(), version="another-pack", policy=replace(shipped().policy, **more))
    return SlaRules(pack, holidays())


@pytest.fixture
def told() -> Telling:
    told = Telling(RULES)
    told.submitted("2026-03-10 09:00")
    told.assigned("2026-03-10 09:15")
    return told


def replan(told: Telling, rules: SlaRules, now: str) -> list[Any]:
    told.rules = rules
    return told._decided(lambda at: rules.decide(told.state, REPLAN, at), now)


def listed(told: Telling, rules: SlaRules, now: str) -> list[tuple[Any, ...]]:
    return [
        (row["clock"], shown(datetime.fromisoformat(row["new_limit"])), row["light"], row["new_light"])
        for row in (one.shown() for one in rules.replanned(told.state, local(now)))
    ]


# ── what becomes of one issue ────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_policy_changes_nothing(told: Telling) -> None:
    told.tell(names.GRADE_CHANGED, "2026-03-10 10:00", before="complex", grade="difficult")
    told.tell(names.ISSUE_SUSPENDED, "2026-03-11 10:00", reason="rain")
    told.tell(names.ISSUE_RESUMED, "2026-03-12 10:00")
    assert (listed(told, RULES, "2026-03-12 10:00"), replan(told, RULES, "2026-03-12 10:00")) == ([], [])


def test_another_limit_moves_an_open_deadline_from_its_original_start_only_by_a_replan(told: Telling) -> None:
    rules = with_complex(7)
    told.rules = rules
    assert told.did("2026-03-10 09:30", type=names.ISSUE_ACKNOWLEDGED) == []
    assert deadlines(replan(told, rules, "2026-03-11 09:00")) == [(2, "replanned", "2026-03-17 17:30")]
    assert lights(told.wait("2026-03-16 17:29")) == []
    assert lights(told.wait("2026-03-17 17:30")) == [
        (2, "yellow", "yellow_due", False), (2, "red", "limit_passed", False),
    ]  # fmt: skip


def test_a_day_that_the_city_takes_off_moves_limits_in_service_time(told: Telling) -> None:
    told = Telling(RULES)
    told.submitted("2026-03-10 16:30")
    off = date(2026, 3, 11)
    rules = changed(overrides={off: DayOverride(off, False, None, "flood")})
    assert listed(told, rules, "2026-03-10 17:00") == [("review", "2026-03-12 11:30", "none", "none")]


def test_a_light_goes_out_where_the_limit_is_later_by_the_new_policy(told: Telling) -> None:
    told.wait("2026-03-13 17:30")
    rules = with_complex(7)
    assert listed(told, rules, "2026-03-14 09:00") == [("handling", "2026-03-17 17:30", "red", "none")]
    assert lights(replan(told, rules, "2026-03-14 09:00")) == [(1, "none", "deadline_moved", False)]
    assert lights(told.wait("2026-03-14 09:01")) == []


def test_a_limit_that_has_passed_by_the_new_policy_is_red_as_soon_as_the_story_was_read_up_to_now(
    told: Telling,
) -> None:
    rules = with_complex(1)
    assert listed(told, rules, "2026-03-12 09:00") == [("handling", "2026-03-11 17:30", "none", "red")]
    assert lights(replan(told, rules, "2026-03-12 09:00")) == []
    said = told.wait("2026-03-12 09:00", now="2026-03-12 09:00")
    assert lights(said) == [(2, "yellow", "yellow_due", True), (2, "red", "limit_passed", False)]


def test_a_stopped_clock_is_left_as_it_is(told: Telling) -> None:
    told.handled("2026-03-10 10:00")
    assert listed(told, with_complex(7), "2026-03-10 11:00") == []


def test_pauses_and_extensions_are_kept(told: Telling) -> None:
    told.tell(names.ISSUE_SUSPENDED, "2026-03-11 10:00", reason="rain")
    told.tell(names.ISSUE_RESUMED, "2026-03-12 10:00")
    assert listed(told, with_complex(7), "2026-03-12 11:00") == [("handling", "2026-03-18 17:30", "none", "none")]


def test_other_stops_alone_make_a_new_version_of_the_same_limit(told: Telling) -> None:
    clocks = shipped().policy.clocks
    handling = replace(clocks["handling"], stops=clocks["handling"].stops[:1])
    rules = changed(clocks={**clocks, "handling": handling})
    (one,) = rules.replanned(told.state, local("2026-03-10 10:00"))
    assert one.shown()["triggers_only"]
    replan(told, rules, "2026-03-10 10:00")
    told.tell(names.ISSUE_REGISTERED, "2026-03-10 11:00", owner="tax")
    assert "handling" in {clock["clock"] for clock in told.state["open"]}


def test_a_clock_that_the_new_policy_no_longer_has_goes_on_as_it_was(told: Telling) -> None:
    clocks = {code: clock for code, clock in shipped().policy.clocks.items() if code != "handling"}
    rules = changed(clocks=clocks)
    assert replan(told, rules, "2026-03-10 10:00") == []
    assert [level for _, level, *_ in lights(told.wait("2026-03-13 17:30"))] == ["yellow", "red"]


def test_a_second_replan_says_nothing_and_a_rebuild_knows_of_the_first(told: Telling) -> None:
    rules = with_complex(7)
    replan(told, rules, "2026-03-11 09:00")
    assert replan(told, rules, "2026-03-11 09:01") == []
    again = told.again()
    assert again.state == told.state
    assert rules.outstanding(again.state, local("2026-03-11 09:02")) == []


# ── all of them, page by page ────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class World:
    """Issues of two partitions, and orders that are done on them as the machine does them."""

    rules: SlaRules
    documents: dict[int, dict[str, Telling]]
    parked: frozenset[str] = frozenset()
    ordered: list[str] = field(default_factory=list)
    applied: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    async def page(self, partition: int, after: str, limit: int) -> list[Document]:
        ids = sorted(id for id in self.documents[partition] if id > after)[:limit]
        return [{"_id": id, **self.documents[partition][id].state, "applied": self.applied.get(id, [])} for id in ids]

    async def order(self, subject: str, command: Command) -> Done:
        if subject in self.parked:
            raise Refusal(409, "parked", "it waits for an operator")
        if any(one["key"] == command.key for one in self.applied.get(subject, [])):
            return Done(subject, 1, {}, (), repeated=True)
        told = next(issues[subject] for issues in self.documents.values() if subject in issues)
        before = len(told.story)
        told._decided(lambda at: self.rules.decide(told.state, command, at), "2026-03-11 09:00")
        self.ordered.append(subject)
        self.applied[subject] = [{"key": command.key}]
        return Done(subject, 1, told.state, told.story[before:])

    def replanning(self, replans: RememberedReplans, *, owned: tuple[int, ...] = (0, 1)) -> Replanning:
        return Replanning(
            replans=replans, pages=self.page, order=self.order, owned=lambda: owned, rules=lambda: self.rules,
            now=lambda: local("2026-03-11 09:00"), page=2,
        )  # fmt: skip


def issue() -> Telling:
    told = Telling(RULES)
    told.submitted("2026-03-10 09:00")
    told.assigned("2026-03-10 09:15")
    return told


@pytest.fixture
def world() -> World:
    return World(with_complex(7), {0: {f"a{n}": issue() for n in range(5)}, 1: {f"b{n}": issue() for n in range(4)}})


async def test_a_replan_goes_through_every_partition_and_changes_each_issue_once(world: World) -> None:
    replans = RememberedReplans()
    replanning = world.replanning(replans)
    await replanning.begin("r1", 2)
    while await replanning.step():
        pass
    found = await replans.newest()
    assert found is not None and found.ended_at is not None
    assert (found.looked, found.changed, found.left) == (9, 9, 0)
    assert sorted(world.ordered) == ["a0", "a1", "a2", "a3", "a4", "b0", "b1", "b2", "b3"]


class Interrupted(RememberedReplans):
    """Its process is killed behind the third page's orders, before they are noted."""

    notes = 0

    async def advance(self, id: str, stretch: Stretch, now: datetime) -> bool:
        self.notes += 1
        if self.notes == 3:
            raise StoreDown("killed")
        return await super().advance(id, stretch, now)


async def test_killed_midway_it_goes_on_from_the_page_it_was_at_and_counts_as_if_nothing_had_happened(
    world: World,
) -> None:
    replans = Interrupted()
    first = world.replanning(replans)
    await first.begin("r1", 2)
    with pytest.raises(StoreDown):
        while await first.step():
            pass
    second = world.replanning(replans)
    while await second.step():
        pass
    found = await replans.newest()
    assert found is not None and (found.looked, found.changed) == (9, 9)
    assert len(world.ordered) == 9
    for told in (one for issues in world.documents.values() for one in issues.values()):
        assert sum(event.data.get("reason") == "replanned" for event in told.story) == 1


async def test_each_process_goes_through_its_own_partitions(world: World) -> None:
    replans = RememberedReplans()
    one, other = world.replanning(replans, owned=(0,)), world.replanning(replans, owned=(1,))
    await one.begin("r1", 2)
    while await one.step():
        pass
    running = await replans.newest()
    assert running is not None and running.ended_at is None and running.done == {0}
    while await other.step():
        pass
    ended = await replans.newest()
    assert ended is not None and ended.ended_at is not None


async def test_a_replan_waits_where_its_pack_is_not_in_use_and_another_pack_supersedes_it(world: World) -> None:
    replans = RememberedReplans()
    replanning = world.replanning(replans)
    first = await replanning.begin("r1", 2)
    assert (await replanning.begin("r2", 2)).id == first.id
    world.rules = RULES
    assert not await replanning.step()
    assert (await replanning.begin("r3", 2)).id == "r3"


async def test_an_issue_that_waits_for_an_operator_is_left_and_counted(world: World) -> None:
    world.parked = frozenset({"a1"})
    replans = RememberedReplans()
    replanning = world.replanning(replans)
    await replanning.begin("r1", 2)
    while await replanning.step():
        pass
    found = await replans.newest()
    assert found is not None and (found.changed, found.left) == (8, 1)


async def test_looking_lists_what_would_change_with_counts_and_changes_nothing(world: World) -> None:
    rows: list[Mapping[str, Any]] = [row async for row in world.replanning(RememberedReplans()).changes(2)]
    assert rows[-1] == {"pack": "another-pack", "looked": 9, "issues": 9, "clocks": 9}
    assert [(row["issue"], row["clock"]) for row in rows[:2]] == [("a0", "handling"), ("a1", "handling")]
    assert world.ordered == []


async def test_no_replan_is_begun_or_listed_before_it_is_known_how_many_partitions_there_are() -> None:
    parts = Parts(MemoryBroker(), MemoryDocuments(), ManualClock(local("2026-03-10 09:15")))
    app, key = assembled("sla", parts, NotifyParts({})).app, {"Authorization": f"Bearer {OPS_TOKEN}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://sla", headers=key) as client:
        assert (await client.post("/v1/replan", json={})).status_code == 503
        assert (await client.get("/v1/replan/changes")).status_code == 503
