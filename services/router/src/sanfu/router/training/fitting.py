"""Fit a model on labelled reports: linear support vectors on every head, made honest by what they said of reports that
they had not seen."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from sanfu.city.model.what import Category
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.features import Features, document, grams
from sanfu.router.domain.guessing import Head, Model, softmax
from sanfu.router.training.labelled import Labelled, folds

Numbers = npt.NDArray[np.float64]
KEPT = 9_000
"""n-grams kept of some 20,000: those that weigh most. The file stays small; what that costs was not measured."""
STRICTNESS = 0.5
"""C of the support vectors: the best of three, cross-validated on the training part."""
KNOWLEDGE = 2.0
"""How much a category's own name and words count as a report of it."""
MIX = 0.5
FLAGGED = 0.08
"""Share of the reports that are no emergency and yet may be flagged as one."""


@dataclass(frozen=True)
class Lexicon:
    """What the pack says of its categories."""

    categories: Sequence[Category]
    words: Mapping[str, Sequence[str]]

    def document(self, category: Category) -> Facts:
        """A category's name and words as if somebody had reported them."""
        pairs = [word for pair in category.sure_words.sets for word in pair]
        text = " ".join(["\n" + category.name_zh, *self.words[category.code], *pairs])
        return Facts("", category.audience, "issue", "normal", "open", text=text)


@dataclass(frozen=True)
class Question:
    """A head before it is fitted: the answers, and the right one for a report and for a category's own document."""

    answers: tuple[str, ...]
    right: Callable[[Labelled], str]
    of: Callable[[Category], str]


def questions(lexicon: Lexicon, reports: Sequence[Labelled]) -> dict[str, Question]:
    codes = tuple(category.code for category in lexicon.categories)
    units = {category.default_unit for category in lexicon.categories} | {report.answer for report in reports}
    return {
        "category": Question(codes, lambda report: report.category, lambda category: category.code),
        "unit": Question(tuple(sorted(units)), lambda report: report.answer, lambda category: category.default_unit),
        "kind": Question(
            ("issue", "consult", "thanks", "spam"), lambda report: report.kind, lambda category: category.kind
        ),
        "alarm": Question(
            ("yes",), lambda report: "yes" if report.emergency else "no",
            lambda category: "yes" if category.urgency_default == "emergency" else "no",
        ),
    }  # fmt: skip


def train(lexicon: Lexicon, reports: Sequence[Labelled]) -> tuple[Model, Numbers]:
    """Fit a model; give it and the scores that models of the same kind gave to each report unseen."""
    asked = questions(lexicon, reports)
    unseen = unseen_scores(lexicon, reports, asked)
    model = fit(lexicon, reports, asked)
    return calibrated(model, unseen, reports), unseen


def unseen_scores(lexicon: Lexicon, reports: Sequence[Labelled], asked: Mapping[str, Question]) -> Numbers:
    scores = np.zeros((len(reports), sum(len(each.answers) for each in asked.values())))
    for seen, held in folds(reports):
        model = fit(lexicon, [reports[at] for at in seen], asked)
        for at in held:
            scores[at] = model.scores(reports[at].facts)
    return scores


def fit(lexicon: Lexicon, reports: Sequence[Labelled], asked: Mapping[str, Question]) -> Model:
    """Fit every head twice: on all n-grams, and on those that then weigh most. Not calibrated yet."""
    features = _features(lexicon, reports)
    weights = _weights(features, lexicon, reports, asked)
    if len(features.idf) > KEPT:
        heaviest = np.abs(weights[: len(features.idf)]).max(axis=1)
        kept = set(np.argsort(-heaviest, kind="stable")[:KEPT].tolist())
        idf = {gram: rare for at, (gram, rare) in enumerate(features.idf.items()) if at in kept}
        features = replace(features, idf=idf)
        weights = _weights(features, lexicon, reports, asked)
    heads, first = {}, 0
    for name, question in asked.items():
        heads[name] = Head(question.answers, slice(first, first + len(question.answers)), 1.0)
        first += len(question.answers)
    units = asked["unit"].answers
    default = np.array([units.index(category.default_unit) for category in lexicon.categories], dtype=np.intp)
    half = weights.astype(np.float16).astype(np.float32)  # as the file will hold them
    return Model("", features, half, heads, default, MIX, 1.0, 0.0, {})


def _features(lexicon: Lexicon, reports: Sequence[Labelled]) -> Features:
    texts = [document(report.facts.text) for report in reports]
    told = [document(lexicon.document(category).text) for category in lexicon.categories]
    count = Counter(gram for text in [*texts, *told] for gram in set(grams(text)))
    total = len(texts) + len(told)
    idf = {gram: float(np.float32(log((1 + total) / (1 + often)) + 1)) for gram, often in sorted(count.items())}
    pairs = {each.code: [list(pair) for pair in each.sure_words.sets] for each in lexicon.categories}
    words = {each.code: list(lexicon.words[each.code]) for each in lexicon.categories}
    parties = {f"audience:{report.facts.audience}" for report in reports}
    parties |= {f"channel:{report.facts.channel}" for report in reports}
    return Features(idf, words, pairs, sorted(parties))


def _weights(
    features: Features, lexicon: Lexicon, reports: Sequence[Labelled], asked: Mapping[str, Question]
) -> npt.NDArray[np.float32]:
    rows = _matrix(features, [*(report.facts for report in reports), *map(lexicon.document, lexicon.categories)])
    share = np.concatenate([np.ones(len(reports)), np.full(len(lexicon.categories), KNOWLEDGE)])
    columns = []
    for question in asked.values():
        right = [*map(question.right, reports), *map(question.of, lexicon.categories)]
        columns.append(_columns(rows, right, question.answers, share))
    return np.concatenate(columns, axis=1).astype(np.float32)


def _columns(rows: Any, right: Sequence[str], answers: Sequence[str], share: Numbers) -> Numbers:
    """Fit each answer against all others: a column of weights for it, its constant last."""
    found = np.zeros((rows.shape[1] + 1, len(answers)))
    for at, answer in enumerate(answers):
        yes = np.array([each == answer for each in right])
        if not yes.any():
            found[-1, at] = -1.0
            continue
        weight = "balanced" if len(answers) == 1 else None  # rare, and the worst to miss
        machine = LinearSVC(C=STRICTNESS, class_weight=weight, random_state=0).fit(rows, yes, sample_weight=share)
        found[:-1, at], found[-1, at] = machine.coef_[0], machine.intercept_[0]
    return found


def _matrix(features: Features, given: Sequence[Facts]) -> Any:
    vectors = [features.vector(facts) for facts in given]
    ends = np.cumsum([0, *(len(vector.at) for vector in vectors)])
    values = np.concatenate([np.asarray(vector.values) for vector in vectors])
    at = np.concatenate([np.asarray(vector.at, dtype=np.intp) for vector in vectors])
    return csr_matrix((values, at, ends), shape=(len(vectors), features.size))


# ── calibration ──────────────────────────────────────────────────────────────────────────────────────────────────────


def calibrated(model: Model, unseen: Numbers, reports: Sequence[Labelled]) -> Model:
    """Set how sure the heads are by what unseen reports came to, and from which score on something is alarming."""
    right: dict[str, Callable[[Labelled], str]] = {
        "category": lambda report: report.category, "unit": lambda report: report.answer,
        "kind": lambda report: report.kind,
    }  # fmt: skip
    heads = dict(model.heads)
    for name, answer in right.items():
        head = heads[name]
        heads[name] = replace(head, sharpness=_sharpness(unseen[:, head.columns], _places(head, reports, answer)))
    model = replace(model, heads=heads)
    mixed = np.array([np.log(model.shares(scores)[0] + 1e-12) for scores in unseen])
    sharpness = _sharpness(mixed, _places(heads["unit"], reports, right["unit"]))
    alarm = unseen[:, heads["alarm"].columns][:, 0]
    return replace(model, sharpness=sharpness, alarm_from=_alarm_from(alarm, reports))


def _places(head: Head, reports: Sequence[Labelled], answer: Callable[[Labelled], str]) -> list[int]:
    return [head.answers.index(answer(report)) for report in reports]


def _sharpness(scores: Numbers, right: Sequence[int]) -> float:
    """Find the factor under which the right answers were likeliest."""

    def loss(factor: float) -> float:
        return -sum(log(softmax(factor * row)[at] + 1e-12) for row, at in zip(scores, right, strict=True))

    found = minimize_scalar(loss, bounds=(0.05, 30), method="bounded")
    return round(float(found.x), 4)


def _alarm_from(scores: Numbers, reports: Sequence[Labelled]) -> float:
    """Set the bar below every emergency, unless that would flag too many others."""
    emergencies = [score for score, report in zip(scores, reports, strict=True) if report.emergency]
    others = [score for score, report in zip(scores, reports, strict=True) if not report.emergency]
    bar = float(np.quantile(others, 1 - FLAGGED))
    return round(min([*emergencies, bar]) if min([*emergencies, bar]) >= bar else bar, 4)
