"""`docs/evaluation.md`: the figures for people to read, with what was aimed at beside them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Figures = Mapping[str, Any]
SYSTEMS = (("rules", "规则 rules"), ("model", "分类器 classifier"), ("both", "两者 both"))


def page(version: str, figures: Figures, training: Figures) -> str:
    """Write the page. `figures`: on the test part; `training`: what the model's own file says of its training."""
    parts = (
        _head(version, training), _accuracy(figures, training), _automatic(figures), _calibration(figures, training),
        _emergencies(figures, training), _learning(training), _units(figures), _confusions(figures),
    )  # fmt: skip
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _head(version: str, training: Figures) -> Iterable[str]:
    return (
        "# 派单准确度评估 · How well router guesses",
        "",
        f"由 `./sanfu router evaluate --write` 写成，请勿手改；模型版本 `{version}`。",
        f"Written by `./sanfu router evaluate --write`, not by hand; model `{version}`.",
        "",
        "标注诉求按 `dup_group`（无则 `id`）的哈希分开，四分之一作测试，从不用于训练；同一件事总在同一边。"
        "保密、密封诉求的正文不进训练，也不到分类器；下面的数字只取正文可读的测试诉求，另列出全部测试诉求。"
        "判断只凭正文、受众和渠道：没有报送人选的类别，紧急件也当普通件派。规则的词随包而来，未与测试部分隔开。",
        "The labelled reports are parted by a hash of `dup_group` (else `id`): one in four is for testing and never "
        "trained on, and what tells of the same thing stays on one side. Confidential and sealed texts are in no "
        "training and never reach the classifier: figures are of the test reports whose text may be read, and once of "
        "all of them. It goes by text, audience and channel alone: no category was chosen, and emergencies are routed "
        "as if they were none. The words of the rules came with the pack and were not kept apart from the test part.",
        "",
        f"训练 {training['trained_on']} 条 · trained on {training['trained_on']} reports.",
        *_origin(training.get("from")),
    )


def _origin(origin: Figures | None) -> Iterable[str]:
    """Say what a model was given that did not learn from labelled reports alone."""
    if origin:
        labelled, cases, since = origin.get("labelled", 0), origin["cases"], origin["since"]
        yield f"材料：标注诉求 {labelled} 条，本市办结件 {cases} 件（起于 {since}），四分之一留作测试。"
        yield f"Of {labelled} labelled reports and {cases} closed cases (since {since}); a quarter is for tests."


def _accuracy(figures: Figures, training: Figures) -> Iterable[str]:
    yield "## 承办单位 · The unit"
    yield ""
    yield "| | 条 reports | 首选正确 first | 前三正确 top 3 | 类别正确 category |"
    yield "| --- | --- | --- | --- | --- |"
    for key, name in SYSTEMS:
        yield _accuracy_row(name, figures["accuracy"][key])
    for key, name in SYSTEMS:
        yield _accuracy_row(f"{name}，含保密 with secret ones", figures["accuracy_with_secret"][key])
    yield _accuracy_row("分类器，训练部分交叉验证 cross-validated in the training part", training["unseen"]["accuracy"])
    yield "| 目标 target, both | | 75 % | 92 % | |"


def _accuracy_row(name: str, one: Figures) -> str:
    shares = " | ".join(_percent(one[key]) for key in ("first", "top3", "category"))
    return f"| {name} | {one['reports']} | {shares} |"


def _automatic(figures: Figures) -> Iterable[str]:
    yield "## 自动派单 · Assigned automatically"
    yield ""
    yield "| | 占比 share | 件 assigned | 派错 wrong |"
    yield "| --- | --- | --- | --- |"
    for key, name in (SYSTEMS[0], SYSTEMS[2]):
        one = figures["automatic"][key]
        yield f"| {name} | {_percent(one['share'])} | {one['assigned']} | {one['wrong']} |"
    yield "| 目标 target | 45 % | | ≤ 5 % |"
    yield ""
    yield "分类器单独：把握不低于门槛者的占比与其中派错者。 The classifier alone, above a bar:"
    yield ""
    yield from _table("门槛 bar", figures["curve"], ("share", "wrong"), ("占比 share", "其中派错 wrong of them"))


def _table(first: str, rows: Sequence[Figures], keys: Sequence[str], names: Sequence[str]) -> Iterable[str]:
    yield f"| {first} | {' | '.join(names)} |"
    yield "| --- |" + " --- |" * len(names)
    for row in rows:
        yield f"| {row['bar']} | {' | '.join(_percent(row[key]) for key in keys)} |"


def _calibration(figures: Figures, training: Figures) -> Iterable[str]:
    yield "## 把握是否可信 · Calibration"
    yield ""
    yield "| 测试 test: 件 reports | 平均把握 sure | 实际正确 right |"
    yield "| --- | --- | --- |"
    for group in figures["calibration"]["groups"]:
        yield f"| {group['reports']} | {_percent(group['sure'])} | {_percent(group['right'])} |"
    yield ""
    yield (
        f"误差（五等分组的平均偏差）· error, the mean deviation of five equal groups: "
        f"{figures['calibration']['error']:.3f}；训练部分交叉验证 cross-validated: "
        f"{training['unseen']['calibration']['error']:.3f}；目标 target ≤ 0.05."
    )


def _emergencies(figures: Figures, training: Figures) -> Iterable[str]:
    yield "## 紧急件 · Emergencies"
    yield ""
    yield "| | 召回词 words: 漏 missed / 误报 flagged | 分类器 classifier | 两者 both |"
    yield "| --- | --- | --- | --- |"
    for name, told in (
        ("测试 test", figures["emergencies"]),
        ("训练部分交叉验证 cross-validated", training["unseen"]["emergencies"]),
        ("全部标注 all that are labelled", figures["emergencies_of_all"]),
    ):
        shown = [
            f"{one['missed']} / {one['emergencies']}，{_percent(one['flagged'])}"
            for one in (told[key] for key, _ in (("words", ""), ("model", ""), ("both", "")))
        ]
        yield f"| {name} | {' | '.join(shown)} |"
    kind = figures["kind"]
    yield ""
    yield "召回词参照同一批诉求写成，见城市包说明。"
    yield "The words were written with these reports at hand: see the pack's README."
    yield ""
    yield (
        f"非事项（表扬、咨询、无效）· no issues: {kind['no_issues_found']} / {kind['no_issues']} 认出 found；"
        f"事项误作非事项 issues mistaken for none: {kind['issues_mistaken']}."
    )


def _learning(training: Figures) -> Iterable[str]:
    yield "## 学习曲线 · Learning curve"
    yield ""
    yield "| 训练条数 trained on | 首选 first | 前三 top 3 |"
    yield "| --- | --- | --- |"
    for point in training["learning"]["points"]:
        yield f"| {point['trained_on']} | {_percent(point['first'])} | {_percent(point['top3'])} |"


def _units(figures: Figures) -> Iterable[str]:
    yield "## 各单位 · By unit"
    yield ""
    yield "| 单位 unit | 应得 its own | 派给 sent | 正确 right |"
    yield "| --- | --- | --- | --- |"
    for one in figures["units"]:
        yield f"| {one['unit']} | {one['own']} | {one['taken']} | {one['right']} |"


def _confusions(figures: Figures) -> Iterable[str]:
    yield "## 误派 · Confusions"
    yield ""
    yield "| 应派 should | 首选 first | 件 reports |"
    yield "| --- | --- | --- |"
    for one in figures["confusions"]:
        yield f"| {one['unit']} | {one['taken_for']} | {one['reports']} |"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
