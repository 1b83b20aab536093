"""What the policy on duplicates is worth on labelled reports: how many suspicions are right, how many pairs are found.

Reports come in one after the other, as in life; each is compared with what the index holds by then. Half of the groups
(by a hash) were looked at when weights and thresholds were chosen, the other half is what may be quoted. How rare a
piece of a text is was learnt from the first half alone.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sanfu.city.model.pack import Pack
from sanfu.city.model.policy import Duplicates
from sanfu.contracts.envelope import instant
from sanfu.router.adapters.memory import MemorySketches
from sanfu.router.domain.doubting import doubts, question, settled
from sanfu.router.domain.sketches import Draughtsman, Sketch
from sanfu.router.domain.suspecting import Pair, pairs
from sanfu.router.domain.words import Rarity
from sanfu.router.ports import Asked, Meaning
from sanfu.router.suspecting import COMPARED
from sanfu.router.training.labelled import BadReports

Report = Mapping[str, Any]
State = Mapping[str, Any]
"""An issue as the router keeps it."""


class Worth(NamedTuple):
    """Pairs suspected, those of them that are labelled as one problem, and all that are and may take part."""

    suspected: int
    right: int
    labelled: int

    @property
    def precision(self) -> float:
        return self.right / self.suspected if self.suspected else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.labelled if self.labelled else 1.0


def rows(path: Path) -> list[Report]:
    """Read labelled reports, JSON Lines. Raises BadReports."""
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except ValueError as error:
        raise BadReports(f"{path} can't be read as JSON Lines: {error}") from error


def chosen_on(report: Report) -> bool:
    """Whether it is of the half that weights and thresholds were chosen on; groups are kept together."""
    return sha256((report["dup_group"] or report["id"]).encode()).digest()[-1] % 2 == 0


def worth(
    pack: Pack, reports: Sequence[Report], *, categories: bool, asked: Callable[[], Meaning] | None = None
) -> tuple[Worth, Worth]:
    """Measure the half chosen on, and the other. With `categories` each report has its labelled one, as after a person
    said where it goes; without, none. A suspicion counts for the half of the later report. `asked` makes who says what
    is meant, as of issues in review; without, nobody is asked."""
    documents, draughtsman = _documents(reports, categories=categories), Draughtsman(pack.categories, _rarity(reports))
    drawn = _drawn(documents, draughtsman)
    labels = {report["id"]: report for report in reports}
    told = asyncio.run(_suspected(drawn, documents, draughtsman, pack.policy.duplicates, asked))
    together = [
        (last, first)
        for at, last in enumerate(drawn)
        for first in drawn[:at]
        if _same(labels[last.id], labels[first.id])
    ]
    halves = []
    for half in (True, False):
        mine = [pair for pair in told if chosen_on(labels[pair[0]]) is half]
        right = [pair for pair in mine if _same(labels[pair[0]], labels[pair[1]])]
        wanted = [last for last, _ in together if chosen_on(labels[last.id]) is half]
        halves.append(Worth(len(mine), len(right), len(wanted)))
    return halves[0], halves[1]


def kept_out(pack: Pack, reports: Sequence[Report]) -> int:
    """Count the labelled pairs of which one is confidential or sealed, and so takes no part."""
    documents = _documents(reports, categories=True)
    part = {sketch.id for sketch in _drawn(documents, Draughtsman(pack.categories, _rarity(reports)))}
    found = [(a["id"], b["id"]) for at, a in enumerate(reports) for b in reports[:at] if _same(a, b)]
    return sum(a not in part or b not in part for a, b in found)


def _same(one: Report, other: Report) -> bool:
    return one["dup_group"] is not None and one["dup_group"] == other["dup_group"]


def _documents(reports: Sequence[Report], *, categories: bool) -> dict[str, State]:
    """Write reports down as the router keeps them while they are in review, in the order in which they came."""
    found: dict[str, State] = {}
    for report in sorted(reports, key=lambda one: datetime.fromisoformat(one["reported_at"])):
        at = instant(datetime.fromisoformat(report["reported_at"]).astimezone(UTC))
        said = {
            "submitted_at": at, "reported_at": at, "audience": report["audience"], "kind": report["kind"],
            "title": report["text_title"], "text": report["text_body"],
            "place": {name: report[name] for name in ("town", "address", "lon", "lat")},
        }  # fmt: skip
        category = report["category"] if categories else None
        standing = {"over": False, "assignment": 0, "secrecy": report["secrecy"], "category": category}
        found[report["id"]] = {"said": said, "standing": standing}
    return found


def _drawn(documents: Mapping[str, State], draughtsman: Draughtsman) -> list[Sketch]:
    return [sketch for id, each in documents.items() if (sketch := draughtsman.draw(id, each))]


def _rarity(reports: Iterable[Report]) -> Rarity:
    return Rarity(f"{one['text_title']}\n{one['text_body']}" for one in reports if chosen_on(one))


async def _suspected(
    drawn: Sequence[Sketch], documents: Mapping[str, State], draughtsman: Draughtsman, by: Duplicates,
    asked: Callable[[], Meaning] | None,
) -> list[tuple[str, str]]:  # fmt: skip
    index, span, meaning = MemorySketches(), timedelta(days=by.days), asked() if asked else None
    found: list[Pair] = []
    for sketch in drawn:
        await index.keep([sketch], ())
        near = await index.near([Asked(sketch.id, sketch.asks, sketch.at - span, sketch.at + span)], COMPARED)
        found += pairs([sketch], near, by, draughtsman.rarity)
        for doubt in doubts([sketch], near, by, draughtsman.rarity) if meaning else ():
            if meaning and (put := question(doubt, documents, by, draughtsman)):
                found += settled(put, await meaning.near(put.text, put.others), by)
    if meaning:
        await meaning.stop()
    return [(pair.last, pair.alike.other.id) for pair in found]
