"""What the policy on duplicates is worth on labelled reports: how many suspicions are right, how many pairs are found.

Reports come in one after the other, as in life; each is compared with what the index holds by then. Half of the groups
(by a hash) were looked at when weights and thresholds were chosen, the other half is what may be quoted. How rare a
piece of a text is was learnt from the first half alone.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sanfu.city.model import Duplicates, Pack
from sanfu.contracts.envelope import instant
from sanfu.router.adapters.memory import MemorySketches
from sanfu.router.domain.sketches import Draughtsman, Sketch
from sanfu.router.domain.suspecting import pairs
from sanfu.router.domain.words import Rarity
from sanfu.router.ports import Asked
from sanfu.router.suspecting import COMPARED
from sanfu.router.training.labelled import BadReports

Report = Mapping[str, Any]


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


def worth(pack: Pack, reports: Sequence[Report], *, categories: bool) -> tuple[Worth, Worth]:
    """Measure the half chosen on, and the other. With `categories` each report has its labelled one, as after a person
    said where it goes; without, none. A suspicion counts for the half of the later report."""
    drawn = list(_drawn(pack, reports, categories=categories))
    labels = {report["id"]: report for report in reports}
    told = asyncio.run(_suspected(drawn, pack.policy.duplicates, _rarity(reports)))
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
    part = {sketch.id for sketch in _drawn(pack, reports, categories=True)}
    found = [(a["id"], b["id"]) for at, a in enumerate(reports) for b in reports[:at] if _same(a, b)]
    return sum(a not in part or b not in part for a, b in found)


def _same(one: Report, other: Report) -> bool:
    return one["dup_group"] is not None and one["dup_group"] == other["dup_group"]


def _drawn(pack: Pack, reports: Sequence[Report], *, categories: bool) -> Iterable[Sketch]:
    draughtsman = Draughtsman(pack.categories, _rarity(reports))
    for report in sorted(reports, key=lambda one: datetime.fromisoformat(one["reported_at"])):
        at = instant(datetime.fromisoformat(report["reported_at"]).astimezone(UTC))
        said = {
            "submitted_at": at, "reported_at": at, "audience": report["audience"], "kind": report["kind"],
            "title": report["text_title"], "text": report["text_body"],
            "place": {name: report[name] for name in ("town", "address", "lon", "lat")},
        }  # fmt: skip
        category = report["category"] if categories else None
        standing = {"over": False, "assignment": 0, "secrecy": report["secrecy"], "category": category}
        if sketch := draughtsman.draw(report["id"], {"said": said, "standing": standing}):
            yield sketch


def _rarity(reports: Iterable[Report]) -> Rarity:
    return Rarity(f"{one['text_title']}\n{one['text_body']}" for one in reports if chosen_on(one))


async def _suspected(drawn: Sequence[Sketch], by: Duplicates, rarity: Rarity) -> list[tuple[str, str]]:
    index, span = MemorySketches(), timedelta(days=by.days)
    found = []
    for sketch in drawn:
        await index.keep([sketch], ())
        near = await index.near([Asked(sketch.id, sketch.asks, sketch.at - span, sketch.at + span)], COMPARED)
        found += [(pair.last, pair.alike.other.id) for pair in pairs([sketch], near, by, rarity)]
    return found


def worth_report(pack: Pack, reports: Sequence[Report]) -> str:
    """Write what was measured as a page, in Chinese and English."""
    by = pack.policy.duplicates
    lines = []
    for zh, en, categories in (("类别已知", "category known", True), ("只凭文字", "text alone", False)):
        chosen, held_out = worth(pack, reports, categories=categories)
        lines += [_row(zh, en, "选参 chosen on", chosen), _row(zh, en, "**留出 held out**", held_out)]
    pairs_out = kept_out(pack, reports)
    weights = ", ".join(f"{name} {weight:g}" for name, weight in by.weights.items())
    return PAGE.format(
        rows="\n".join(lines), weights=weights, by=by, reports=len(reports), secret=pairs_out, compared=COMPARED
    )


def _row(zh: str, en: str, half: str, one: Worth) -> str:
    figures = f"{one.suspected} | {one.right} | {one.labelled} | {one.precision:.2f} | {one.recall:.2f}"
    return f"| {zh} {en} | {half} | {figures} |"


PAGE = """\
# Suspected duplicates · 疑似重复

Written by `./sanfu router evaluate --write`; a test holds the page to what the command says.

| 条件 given | 半数 half | 提示 suspected | 正确 right | 应有 labelled | 准确率 precision | 召回率 recall |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
{rows}

**怎么量的。** 城市包的 {reports} 条有标注诉求按时间先后进入，
每条与索引中 {by.days} 天内的在办件比对（每件最多比对最近的 {compared} 件、
提示 {by.most} 件），
得分达到 {by.threshold:g} 即提示；一对只计一次，归在后来的一件名下。
按 `dup_group` 的散列分成两半：权重和门槛只看着前一半定，
后一半才是可以引用的数字；
哪些用词少见也只从前一半学。
（打分办法成形之前的几稿，后一半的数字曾被看到；
文字相近的下限定为 0.18 时，两半都被看过一次。）
另有 {secret} 对因一方保密或密封不参加比对，不计入“应有”。
两件都没有类别时，“类别”一项按一半计。

**How it was measured.** The pack's {reports} labelled reports come in by their time; each is compared with the open
ones of {by.days} days that the index names (the newest {compared} at most, {by.most} are told), and suspected from
{by.threshold:g} on. A pair counts once, for the later of the two. A hash of `dup_group` makes two halves: weights and
threshold were chosen by looking at the first, the second is what may be quoted; how rare a word is was learnt from the
first half, too. (Of earlier forms of the score, figures of the second half had been seen; when the least
likeness of what is said was set to 0.18, both halves had been seen once.) Further {secret} pairs take
no part, because one of them is confidential or sealed; they are not among the labelled ones. Where neither has a
category that part counts half.

**Weights** ({weights}): `policy.yaml`, section `duplicates`; the parts: router's `domain/likeness.py`.

**What these figures are not.** The reports are invented, each half has about forty pairs of twenty groups: one pair
more or less moves a figure by two or three hundredths. The texts were made hard on purpose (duplicates that hardly
share a word, other problems of the same category in the same place and week). In a city with more reports a day there
is more to be mistaken about: measure again with its own cases (`--reports`), and look at the threshold.
"""
