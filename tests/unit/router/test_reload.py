"""Rules change while the router runs: a sound pack is taken between batches, a broken one is not, and what was decided
keeps the version that it was decided by."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.router.app import assemble, watch
from sanfu.router.domain.rules import RouterRules
from sanfu.router.handlers import rules_of
from sanfu.router.metrics import RulesMetrics
from sanfu.router.settings import RouterSettings
from sanfu.runtime.clock import SystemClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.service import Parts, Service
from tests.support import packs
from tests.unit.router.story import Told

LAMP = {"channel": "hotline", "category": "road-lamp", "place": {"town": "fotang"}}
ELSEWHERE = """  - id: lamps-of-fotang
    when: {towns: [fotang], categories: [road-lamp]}
    mode: auto
    unit: "@town"
    reason: 佛堂镇的路灯由镇里管

"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return packs.copied(tmp_path)


def made(holder: PackHolder) -> Service:
    return assemble(RouterSettings(), Parts(MemoryBroker(), MemoryDocuments(), SystemClock()), holder)


def rewritten(root: Path) -> None:
    packs.edited(root, "rules.yaml", "rules:\n", f"rules:\n{ELSEWHERE}")


async def test_a_new_rule_decides_from_then_on_and_what_was_decided_keeps_its_version(root: Path) -> None:
    holder = PackHolder(root)
    service, first = made(holder), holder.current.version
    before = Told(rules_of(holder.current))
    assert before.submit(**LAMP).data["unit"] == "housing-construction"

    rewritten(root)
    rules = await watch(service, holder)
    assert isinstance(rules, RouterRules)
    before.rules = rules
    assert [event.data["pack"] for event in before.story if event.type == names.ISSUE_ASSIGNED] == [first]
    after = Told(rules).submit(**LAMP)
    assert (after.data["unit"], after.data["rule"]) == ("fotang", "lamps-of-fotang")
    assert after.data["pack"] == rules.pack.version != first


async def test_an_issue_in_flight_is_answered_by_the_rules_that_are_in_force_then(root: Path) -> None:
    holder = PackHolder(root)
    service = made(holder)
    it = Told(rules_of(holder.current))
    it.submit(**LAMP)
    rewritten(root)
    rules = await watch(service, holder)
    assert isinstance(rules, RouterRules)
    it.rules = rules
    answer = it.returned("housing-construction", "urban-management", 1)
    assert (answer.data["unit"], answer.data["pack"]) == ("urban-management", rules.pack.version)


async def test_a_pack_with_one_bad_rule_is_refused_whole_and_measured_until_it_is_mended(root: Path) -> None:
    holder = PackHolder(root)
    service, version = made(holder), holder.current.version
    metrics = RulesMetrics.on(registry := CollectorRegistry())
    rewritten(root)
    packs.edited(root, "rules.yaml", "towns: [fotang]", "towns: [fotan]")
    assert await watch(service, holder, metrics) is None
    assert holder.current.version == version
    assert [problem.cure for problem in holder.problems] == ["write fotang"]
    assert b"sanfu_router_pack_refused 1.0" in generate_latest(registry)

    packs.edited(root, "rules.yaml", "towns: [fotan]", "towns: [fotang]")
    assert await watch(service, holder, metrics) is not None
    assert b"sanfu_router_pack_refused 0.0" in generate_latest(registry)


async def test_rules_whose_unit_is_gone_are_counted(root: Path) -> None:
    packs.edited(root, "units.csv", "Bureau,department,,,,,000-0000-0032",
                 "Bureau,department,,,2026-05-06,civil-affairs,000-0000-0032")  # fmt: skip
    holder = PackHolder(root)
    off = [rule.id for rule in holder.current.rules if not rule.active]
    shown = generate_latest(made(holder).metrics.registry).decode()
    assert off
    assert f"sanfu_router_rules_switched_off {len(off)}.0" in shown
    assert "sanfu_router_pack_refused 0.0" in shown
