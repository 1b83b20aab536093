"""What a trained model makes of a report: who might lead, how urgent it is, and whether it is an issue at all.

Linear and calibrated: of the cases where it says 0.8, eight of ten were right on reports it was not trained on. The
same model and the same text give the same guess, so `decide` may ask it (decision 0026).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sanfu.router.domain.facts import Facts
from sanfu.router.domain.features import Features

Numbers = npt.NDArray[np.float64]
SHOWN = 3
NOT_ISSUES = ("thanks", "spam", "consult")


class Suspect(NamedTuple):
    """A unit that might lead (`@town`: the place's), how sure that is, and the category that speaks most for it."""

    unit: str
    score: float
    category: str


class Guess(NamedTuple):
    suspects: Sequence[Suspect]
    """Best first."""
    kind: str
    kind_score: float
    alarm: bool
    """It may be an emergency: in doubt it says so."""


class Cause(NamedTuple):
    """Something in the report that speaks for a unit, and how much, beside the mean of all categories."""

    what: str
    weight: float


@dataclass(frozen=True)
class Head:
    """One question to a text: the answers there are, and the matrix columns that weigh them."""

    answers: tuple[str, ...]
    columns: slice
    sharpness: float
    """What scores are multiplied by before they become shares: the larger, the surer."""


@dataclass(frozen=True)
class Model:
    version: str
    """Hash of the file."""
    features: Features
    weights: npt.NDArray[np.float32]
    """A row for each feature, a column for each answer; the last row is added to every text."""
    heads: Mapping[str, Head]
    """category, unit, kind, alarm."""
    default_units: npt.NDArray[np.intp]
    """For each category the place of its own unit among the head's."""
    mix: float
    """How much the unit head counts beside the category head."""
    sharpness: float
    alarm_from: float
    report: Mapping[str, Any]

    def guess(self, facts: Facts) -> Guess:
        scores = self.scores(facts)
        suspects = self.suspects(scores)
        kind = self._answers("kind", scores)
        alarm = float(scores[self.heads["alarm"].columns][0])
        best = int(np.argmax(kind))
        return Guess(suspects, self.heads["kind"].answers[best], round(float(kind[best]), 3), alarm >= self.alarm_from)

    def scores(self, facts: Facts) -> Numbers:
        vector = self.features.vector(facts)
        rows = self.weights[np.asarray(vector.at, dtype=np.intp)]
        found: Numbers = np.asarray(vector.values) @ rows + self.weights[-1]
        return found

    def suspects(self, scores: Numbers) -> list[Suspect]:
        units, categories = self.shares(scores)
        return [self._suspect(int(at), units, categories) for at in np.argsort(-units, kind="stable")[:SHOWN]]

    def shares(self, scores: Numbers) -> tuple[Numbers, Numbers]:
        """Turn scores into how sure each unit is, and each category."""
        head = self.heads["unit"]
        categories = self._answers("category", scores)
        by_category = np.bincount(self.default_units, categories, len(head.answers))
        direct = self._answers("unit", scores)
        mixed = (1 - self.mix) * np.log(by_category + 1e-9) + self.mix * np.log(direct + 1e-9)
        return softmax(self.sharpness * mixed), categories

    def causes(self, facts: Facts, category: str, most: int = 8) -> list[Cause]:
        """Name what in the report speaks most for a category."""
        vector, head = self.features.vector(facts), self.heads["category"]
        rows = self.weights[np.asarray(vector.at, dtype=np.intp), head.columns].astype(np.float64)
        pull = np.asarray(vector.values) * (rows[:, head.answers.index(category)] - rows.mean(axis=1))
        names = self.features.names()
        best = [int(at) for at in np.argsort(-pull, kind="stable")[:most] if pull[at] > 0]
        return [Cause(names[vector.at[at]], round(float(pull[at]), 4)) for at in best]

    def _suspect(self, unit: int, units: Numbers, categories: Numbers) -> Suspect:
        own = np.where(self.default_units == unit, categories, 0.0)
        category = int(np.argmax(own if own.any() else categories))
        name = self.heads["category"].answers[category]
        return Suspect(self.heads["unit"].answers[unit], round(float(units[unit]), 3), name)

    def _answers(self, head: str, scores: Numbers) -> Numbers:
        asked = self.heads[head]
        return softmax(asked.sharpness * scores[asked.columns])


def softmax(scores: Numbers) -> Numbers:
    powers: Numbers = np.exp(scores - scores.max())
    shares: Numbers = powers / powers.sum()
    return shares
