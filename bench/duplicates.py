"""Duplicates: the router's look into its index of open issues, among ten thousand and among a million of them.

The larger city has as many neighbours for each issue as the smaller one (more towns, more cells), so what differs is
the index alone. Looks go to both in turn. `crowded` is the other extreme: as many open
issues of one group in one cell as the small city has in all. A look is `near` and the comparison of what it brought.

`processor_ms` is what a look costs this process and the database together: it can be told also where other work runs
beside, and the seconds can't.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isqrt
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from bench.parts import CITY, place, reports
from bench.result import Result, Target, percentile
from sanfu.city.cells import HEIGHT, WIDTH
from sanfu.city.model.pack import Pack
from sanfu.city.watching import PackHolder
from sanfu.router.adapters.background import texts
from sanfu.router.adapters.mongo import MongoSketches
from sanfu.router.domain.sketches import Draughtsman, Sketch
from sanfu.router.domain.suspecting import pairs
from sanfu.router.domain.words import Rarity
from sanfu.router.ports import Asked
from sanfu.router.suspecting import COMPARED
from sanfu.runtime.mongo import connect

FEW, MANY = 10_000, 1_000_000
A_CELL, A_TOWN = 10, 700
"""Open issues in one cell and in one town, in both cities."""
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SPAN = timedelta(days=30)
LOOKS, ROUNDS = 200, 10
PAGE = 2_000
TARGETS = (
    Target("times_slower_among_many", most=1.3), Target("times_more_processor", most=1.3),
    Target("looks_per_second", least=2_000),
)  # fmt: skip


def drawn(pack: Pack, rarity: Rarity) -> list[Sketch]:
    """Draw the pack's reports, as far as they take part."""
    draughtsman, found = Draughtsman(pack.categories, rarity), []
    for one in reports():
        said = {
            "submitted_at": "", "reported_at": AT.isoformat(), "audience": one["audience"], "kind": one["kind"],
            "title": one["text_title"], "text": one["text_body"], "place": {"town": one["town"]},
        }  # fmt: skip
        standing = {"over": False, "assignment": 1, "secrecy": one["secrecy"], "category": one["category"]}
        found.append(draughtsman.draw(one["id"], {"said": said, "standing": standing}))
    return [sketch for sketch in found if sketch is not None]


def city(models: Sequence[Sketch], count: int, chance: Random) -> list[Sketch]:
    """Spread so many issues over cells and towns, each as one of the models, within the last two months."""
    cells, towns = max(1, count // A_CELL), max(1, count // A_TOWN)
    rows = isqrt(cells)
    made = []
    for number in range(count):
        column, row = divmod(number % cells, rows)
        lon, lat = 100 + (column + chance.random()) * WIDTH, 20 + (row + chance.random()) * HEIGHT
        made.append(
            replace(
                models[chance.randrange(len(models))], id=f"i-{number:07}", lon=lon, lat=lat,
                town=f"t{number % towns}", at=AT - timedelta(minutes=chance.randrange(60 * 24 * 60)),
                since=f"{number:07}",
            )
        )  # fmt: skip
    return made


async def filled(database: Any, issues: Sequence[Sketch]) -> MongoSketches:
    index = MongoSketches(database)
    await index.prepare()
    for at in range(0, len(issues), PAGE):
        await index.keep(issues[at : at + PAGE], ())
    return index


class Cost(NamedTuple):
    """Seconds that looks took, those of processors, and how many issues were compared."""

    seconds: float
    processor: float
    compared: int


def spent(server: int) -> float:
    """Processor seconds of this process and of the database's, so far."""
    stat = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


async def look(index: MongoSketches, sketches: Sequence[Sketch], pack: Pack, rarity: Rarity, server: int) -> Cost:
    """Look for what these repeat."""
    asked = [Asked(one.id, one.asks, one.at - SPAN, one.at + SPAN) for one in sketches]
    began, cost = time.perf_counter(), spent(server)
    near = await index.near(asked, COMPARED)
    pairs(sketches, near, pack.policy.duplicates, rarity)
    return Cost(time.perf_counter() - began, spent(server) - cost, sum(map(len, near)))


async def run(open: int = MANY) -> Result:
    """Measure; `open` is how many issues the large city has."""
    pack, chance = PackHolder(CITY).current, Random(7)
    rarity = Rarity(texts(pack.reports))
    models = drawn(pack, rarity)
    with place() as bench:
        client = connect(bench.mongo)
        cities = {name: city(models, count, chance) for name, count in (("few", FEW), ("many", open))}
        cities["crowded"] = [replace(models[n % 9], id=f"c-{n}", lon=100.0, lat=20.0, town="t") for n in range(FEW)]
        names = {name: f"{bench.prefix}_{name}" for name in cities}
        indexes = {name: await filled(client.get_database(names[name]), issues) for name, issues in cities.items()}
        server = int((await client.admin.command("serverStatus"))["pid"])
        costs: dict[str, list[Cost]] = {name: [] for name in cities}
        for turn in range(ROUNDS + 1):
            for name, issues in cities.items():
                cost = await look(indexes[name], chance.sample(issues, LOOKS), pack, rarity, server)
                if turn:  # the first is to warm up
                    costs[name].append(cost)
        floor = await _found(client.get_database(names["many"]), cities["many"], chance)
        for name in names.values():
            await client.drop_database(name)
        client.close()
    each = {name: percentile([cost.seconds for cost in some], 50) / LOOKS * 1000 for name, some in costs.items()}
    processor = {name: sum(cost.processor for cost in some) / LOOKS / ROUNDS * 1000 for name, some in costs.items()}
    compared = {name: sum(cost.compared for cost in some) / LOOKS / ROUNDS for name, some in costs.items()}
    figures = {
        "look_ms_among_10000": each["few"], f"look_ms_among_{open}": each["many"], "look_ms_crowded": each["crowded"],
        **{f"processor_ms_{name}": cost for name, cost in processor.items()},
        **{f"compared_a_look_{name}": count for name, count in compared.items()},
        "times_slower_among_many": each["many"] / each["few"],
        "times_more_processor": processor["many"] / processor["few"], "looks_per_second": 1000 / each["many"],
    }  # fmt: skip
    return Result("duplicates", figures, {"found by id, ms": floor}, each["many"] / floor, TARGETS)


async def _found(database: Any, issues: Sequence[Sketch], chance: Random) -> float:
    """Milliseconds that one bare find by id takes, one after the other."""
    wanted = [one.id for one in chance.sample(issues, LOOKS)]
    began = time.perf_counter()
    for id in wanted:
        await database["sketches"].find({"_id": id}).to_list(None)
    return (time.perf_counter() - began) / LOOKS * 1000
