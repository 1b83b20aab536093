"""Kill -9 at one crash point of notify after the other, receipts and failover among them, while gateways do wrong."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sanfu.runtime.crash import CRASHPOINTS
from tests.integration.notify.test_crashes import tell
from tests.integration.notify.test_faulty_gateway import Both, both, planned, reported, shown
from tests.integration.notify.test_notify import quiet, town
from tests.support.assembling import OPS_TOKEN
from tests.support.eventually import eventually
from tests.support.gateway import ALL, BROKEN, NOBODY, TWICE, WELL, Act
from tests.support.mortal import Mortal
from tests.support.telling import KEYS

__all__ = ["both", "town"]

CALL_S = 4.0
"""Seconds of a call. Shorter than where each answer counts: what is lost track of is allowed for here, and with each
death one and a half times as long goes by."""
OWN = ("notify.provider_rests", "notify.before_failover", "notify.dead_noted", "notify.receipt_kept")
ELSEWHERE = ("notify.after_taken", "notify.hook", "notify.raised")
POINTS = sorted(
    name for name in CRASHPOINTS if name.startswith(("notify.", "machine.")) and not name.startswith(ELSEWHERE)
)  # fmt: skip
"""The machine's own among them: here a provider is behind what it writes and publishes. Taken are what lists hold, and
the pack of this test makes none: test_digest_crashes has that one. Raised is what an emergency lets go:
test_raised_crashes."""
HITS = (1, 2, 4)
"""A provider that fails is left alone for longer each time: a late passage would take minutes."""
WAVES = 3
"""Issues told of at once: an officer's message and a party's of each."""
FAILING, SAYING = [BROKEN] * WAVES, [WELL, TWICE, NOBODY]
LEADING = {"notify.dead_noted": [NOBODY] * WAVES, "notify.receipt_kept": SAYING}
"""What leads to a point that is passed seldom otherwise: a gateway that failed would be left alone meanwhile."""


def acts(turn: int, end: str) -> list[Act]:
    """What the first gateway does in a turn: what leads to the point at which it shall end and to no other, or fails
    altogether, says receipts, or whatever there is."""
    if end in LEADING:
        return LEADING[end]
    all = [*ALL.values()]
    return [FAILING, SAYING, [all[(WAVES * turn + n) % len(all)] for n in range(WAVES)]][turn % 3]


@asynccontextmanager
async def dying(both: Both, folder: Path, ends: list[str]) -> AsyncIterator[Mortal]:
    town = both.town
    (folder / "keys").write_bytes(KEYS.written())
    environment = {
        "SANFU_KAFKA": town.kafka, "SANFU_MONGO": town.mongo, "SANFU_PREFIX": town.prefix,
        "SANFU_CITY": str(town.city), "SANFU_KEYS_FILE": str(folder / "keys"), "SANFU_CALL_S": f"{CALL_S:g}",
        "SANFU_LEASE_S": f"{1.5 * CALL_S:g}", "SANFU_PROVIDERS": town.providers or "",
        "SANFU_OPS_TOKEN": OPS_TOKEN,
    }  # fmt: skip
    async with Mortal("notify", environment, folder / "log", iter(ends)) as it:
        both.heard_at(f"http://127.0.0.1:{it.port}")
        yield it


async def killed(both: Both, it: Mortal, ends: list[str]) -> int:
    """Tell of issue after issue until it has died at each of these; return of how many."""
    points = {end.partition(":")[0] for end in ends}
    only = points.pop() if len(points) == 1 else ""
    for turn in count():
        if it.deaths >= len(ends):
            return WAVES * turn
        waves = range(WAVES * turn, WAVES * (turn + 1))
        for wave, act in zip(waves, acts(turn, only), strict=True):
            both.script(wave, [act])
        await tell(both.town, *waves)
        numbers = {f"{kind}{wave}" for wave in waves for kind in ("139", "138-")}
        await eventually(partial(handed_over_or_dead, both, it, numbers), within=90)
    raise AssertionError("counted to the end")


def handed_over_or_dead(both: Both, it: Mortal, numbers: set[str]) -> bool:
    if it.process.poll() is not None:
        it.revive()
        return True
    return numbers <= {one["to"] for one in (*both.first.asked, *both.second.asked)}


@pytest.mark.parametrize(
    "ends",
    [
        pytest.param([f"{point}:1" for point in POINTS if point.startswith("notify.")], id="in_turn"),
        pytest.param([f"{point}:1" for point in POINTS if point.startswith("machine.")], id="machines_in_turn"),
        *(pytest.param([f"{point}:{hit}" for hit in HITS], marks=pytest.mark.full, id=point) for point in POINTS),
    ],
)
async def test_however_often_it_dies_nobody_hears_twice_what_may_go_out_once_and_nothing_else_is_lost(
    both: Both, tmp_path: Path, ends: list[str], request: pytest.FixtureRequest
) -> None:
    both.town.providers = planned(both.first, both.second)
    async with both.town.notifying() as service:  # once before there is a story, else it would begin by a rebuild
        await eventually(lambda: quiet(service), within=60)
    async with dying(both, tmp_path, ends) as it:
        async with asyncio.timeout(400):  # so many lives take minutes on a machine that does something else
            issues = await killed(both, it, ends)
        for _ in range(2):
            await it.quiet()
            await both.first.heard()
            await both.second.heard()
        found = await eventually(partial(told, both, it), within=90)
        unknown = await shown(it.client, state="unknown")
    sys.stdout.writelines(rows(request.node.callspec.id, both.handed(), found))
    check(both, issues, found, unknown)
    assert set((await reported(both.town)).values()) == {1}


async def told(both: Both, it: Mortal) -> dict[str, Any]:
    """Return what went anywhere once the story knows how each stands: one just started is quiet, knowing nothing."""
    found = await shown(it.client)
    assert {(id, one["state"]) for id, one in found.items()} <= (await reported(both.town)).keys()
    return found


def rows(walk: str, handed: Mapping[str, int], found: Mapping[str, Any]) -> Iterator[str]:
    """Tell, of each policy, how many were handed over, twice, and to nobody though nothing says so; and how many are
    said to be unknown. `-s` shows them: bench/README.md."""
    for policy in ("at_most_once", "at_least_once"):
        these = {id: one["state"] for id, one in found.items() if one["policy"] == policy}
        twice, unknown = sum(handed[id] > 1 for id in these), sum(state == "unknown" for state in these.values())
        lost = sum(not handed[id] and state != "unknown" for id, state in these.items())
        yield f"\n| {walk} | {policy} | {len(these)} | {twice} | {lost} | {unknown} |"


def check(both: Both, issues: int, found: dict[str, Any], unknown: dict[str, Any]) -> None:
    """Hold what phones got against what notify says of it."""
    handed = both.handed()
    once = {id for id, one in found.items() if one["policy"] == "at_most_once"}
    assert (len(once), len(found)) == (issues, 2 * issues)
    assert not {id: handed[id] for id in once if handed[id] > 1}, "told twice"
    assert not {id for id in found.keys() - once if not handed[id]}, "lost"
    assert {one["state"] for one in found.values()} <= {"sent", "delivered", "failed", "unknown"}
    assert unknown == {id: one for id, one in found.items() if one["state"] == "unknown"}
    assert unknown.keys() <= once
    assert not {id for id in once - unknown.keys() if not handed[id]}, "said to be sent, and nobody has it"
