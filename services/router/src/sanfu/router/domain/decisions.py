"""What a decision looks like as an event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sanfu.city.atlas import Whereabouts
from sanfu.contracts import names
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.whereabouts import contradiction, in_doubt
from sanfu.runtime.rules import Draft

NOWHERE = Whereabouts()


class Report(NamedTuple):
    """What is routed, and where it stands: a new issue has assignment 0, round 1 and no grade."""

    facts: Facts
    complains_of: Sequence[str] = ()
    assignment: int = 0
    round: int = 1
    grade: str | None = None


class Choice(NamedTuple):
    """A unit that might lead, how sure that is (0 to 1), and why."""

    unit: str
    reason: str
    score: float
    grade: str | None = None
    category: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """A unit that leads from now on. `also`: (unit, part), the first part of a unit counts."""

    unit: str
    decided_by: str
    reason: str
    grade: str
    category: str | None = None
    rule: str | None = None
    also: Iterable[tuple[str, str]] = ()
    score: float | None = None
    model: str | None = None


def assigned(report: Report, lead: Lead, pack: str) -> Draft:
    told: dict[str, str] = {}
    for unit, part in lead.also:
        if unit != lead.unit:
            told.setdefault(unit, part)
    body = {
        "unit": lead.unit,
        "grade": lead.grade,
        "urgency": report.facts.urgency,
        "audience": report.facts.audience,
        "category": lead.category,
        "assignment": report.assignment + 1,
        "round": report.round,
        "decided_by": lead.decided_by,
        "reason": lead.reason,
        "rule": lead.rule,
        **({} if lead.model is None else {"score": lead.score, "model": lead.model}),
        "pack": pack,
        "also": [{"unit": unit, "part": part} for unit, part in told.items()],
        **_doubted(report.facts.place),
    }
    return Draft(names.ISSUE_ASSIGNED, body)


def _doubted(where: Whereabouts) -> dict[str, object]:
    return {"place": contradiction(where)} if in_doubt(where) else {}


def _shown(choice: Choice) -> dict[str, object]:
    return dict(zip(Choice._fields, choice, strict=True))


def review(
    why: str,
    reason: str,
    choices: Sequence[Choice],
    pack: str,
    *,
    model: str | None = None,
    where: Whereabouts = NOWHERE,
) -> Draft:
    body = {
        "why": why, "reason": reason, "suggestions": [_shown(choice) for choice in choices], "pack": pack,
        **({} if model is None else {"model": model}), **_doubted(where),
    }  # fmt: skip
    return Draft(names.REVIEW_REQUESTED, body)
