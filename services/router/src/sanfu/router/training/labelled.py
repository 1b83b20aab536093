"""Labelled reports, and the part of them that is never trained on."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.city.model.rules import TOWN
from sanfu.router.domain.facts import Facts

SECRET = ("confidential", "sealed")
TEST_SHARE = 4
"""One of so many groups is set aside."""
FOLDS = 5


@dataclass(frozen=True)
class Labelled:
    """A report as the model may see it, and what people said of it."""

    facts: Facts
    """Text, audience, channel; of all else nothing that was labelled."""
    category: str
    unit: str
    grade: str
    kind: str
    emergency: bool
    secret: bool
    """Its text may be in no training set, and never reaches the model."""
    town: str
    group: str
    """What tells of the same thing stays on one side of every split."""

    @property
    def answer(self) -> str:
        """The unit, or that it is the place's."""
        return TOWN if self.unit == self.town else self.unit


class BadReports(ValueError):
    """A file that is not labelled as training needs it."""


def read(path: Path, pack: Pack) -> list[Labelled]:
    """Read JSON Lines. Raises BadReports for what is missing, or no code of the pack, with the line."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            found.append(_labelled(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise BadReports(f"{path}:{number} can't be read: {error!r}") from error
        if found[-1].category not in pack.categories or found[-1].unit not in pack.units:
            raise BadReports(f"{path}:{number} names a category or unit that the pack does not know")
    return found


def seen(channel: str, audience: str, town: str, title: str, body: str) -> Facts:
    """What a model may see of a report: of all that people said of it nothing."""
    return Facts(channel, audience, "issue", "normal", "internal", town=town, text=f"{title}\n{body}")


def _labelled(row: dict[str, Any]) -> Labelled:
    facts = seen(row["channel"], row["audience"], row["town"], row["text_title"], row["text_body"])
    return Labelled(
        facts, row["category"], row["unit"], row["grade"], row["kind"], row["urgency"] == "emergency",
        row["secrecy"] in SECRET, row["town"], row.get("dup_group") or row["id"],
    )  # fmt: skip


def split(reports: Iterable[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """Part reports into what may be trained on and what never is, by a hash of their group: for ever the same."""
    parts: tuple[list[Labelled], list[Labelled]] = ([], [])
    for report in reports:
        parts[_number(report.group, "test") % TEST_SHARE == 0].append(report)
    return parts


def folds(reports: Sequence[Labelled]) -> list[tuple[list[int], list[int]]]:
    """Part the training part again and again: places to fit on, places to look at; no group on both sides."""
    own = [_number(report.group, "fold") % FOLDS for report in reports]
    return [
        ([at for at, fold in enumerate(own) if fold != held], [at for at, fold in enumerate(own) if fold == held])
        for held in range(FOLDS)
    ]


def _number(group: str, what: str) -> int:
    salt = "" if what == "test" else f"{what}:"
    return int(sha256(f"{salt}{group}".encode()).hexdigest(), 16)
