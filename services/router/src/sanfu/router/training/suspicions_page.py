"""The page on what suspicions of duplicates are worth."""

from collections.abc import Callable, Sequence

from sanfu.city.model.pack import Pack
from sanfu.router.ports import Meaning
from sanfu.router.suspecting import COMPARED
from sanfu.router.training.suspicions import Report, Worth, kept_out, worth


def worth_report(pack: Pack, reports: Sequence[Report], asked: Callable[[], Meaning] | None = None) -> str:
    """Write what was measured as a page, in Chinese and English. `asked` makes who says what is meant, for the rows of
    issues in review where that is switched on; without, these are missing."""
    by = pack.policy.duplicates
    lines = []
    for also, more in (("", None), *([("，加问语义 and meaning", asked)] if asked else ())):
        for given, categories in (("类别已知 category known", True), ("只凭文字 text alone", False)):
            chosen, held_out = worth(pack, reports, categories=categories, asked=more)
            lines += [_row(given + also, "选参 chosen on", chosen), _row(given + also, "**留出 held out**", held_out)]
    pairs_out = kept_out(pack, reports)
    weights = ", ".join(f"{name} {weight:g}" for name, weight in by.weights.items())
    return PAGE.format(
        rows="\n".join(lines), weights=weights, by=by, reports=len(reports), secret=pairs_out, compared=COMPARED
    )


def _row(given: str, half: str, one: Worth) -> str:
    figures = f"{one.suspected} | {one.right} | {one.labelled} | {one.precision:.2f} | {one.recall:.2f}"
    return f"| {given} | {half} | {figures} |"


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
“加问语义”各行（装有句子编码器才有）：全部视为待审核；得分达到 doubt 而未提示的，
再问意思是否相近。其权重与门槛同样只看前一半定；后一半量过两次：第二次是在对文字相近不再设下限之后，数字未变。
对照各行：找到的多一些，错的也多一些，所以城市不启用就不用。
另有 {secret} 对因一方保密或密封不参加比对，不计入“应有”。
两件都没有类别时，“类别”一项按一半计。

**How it was measured.** The pack's {reports} labelled reports come in by their time; each is compared with the open
ones of {by.days} days that the index names (the newest {compared} at most, {by.most} are told), and suspected from
{by.threshold:g} on. A pair counts once, for the later of the two. A hash of `dup_group` makes two halves: weights and
threshold were chosen by looking at the first, the second is what may be quoted; how rare a word is was learnt from the
first half, too. (Of earlier forms of the score, figures of the second half had been seen; when the least
likeness of what is said was set to 0.18, both halves had been seen once.) The rows “and meaning” (only where the
sentence encoder is installed) take all as in review: what reaches `doubt` and is not suspected is asked for its
meaning, too. Weight and threshold were again chosen on the first half; the second was measured twice, the second time
when what is said needed no likeness any more, with the same figures. Read the rows side by side: it finds more, and
is wrong more often, so it is off unless a city switches it on. Further {secret} pairs take
no part, because one of them is confidential or sealed; they are not among the labelled ones. Where neither has a
category that part counts half.

**Weights** ({weights}): `policy.yaml`, section `duplicates`; the parts: router's `domain/likeness.py`.

**What these figures are not.** The reports are invented, each half has about forty pairs of twenty groups: one pair
more or less moves a figure by two or three hundredths. The texts were made hard on purpose (duplicates that hardly
share a word, other problems of the same category in the same place and week). In a city with more reports a day there
is more to be mistaken about: measure again with its own cases (`--reports`), and look at the threshold.
"""
