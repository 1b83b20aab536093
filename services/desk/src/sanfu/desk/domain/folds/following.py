"""What desk tells of the follow-up: its plan, attempts, what came of it; and of what turned out not to be done."""

from collections.abc import Mapping
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.asking import LINKED, answers, missing
from sanfu.desk.domain.rounds import dissatisfying, in_round, this_round
from sanfu.desk.domain.state import Case, Change, Fold, waiting

OF_HANDLING: Final = ("handle", "plan", "attempts", "answers", "follow_up")
"""Parts of a round that are undone when it turns out not to have been handled."""


def _planned(case: Case, event: Event) -> Change:
    data = event.data
    plan = {name: data[name] for name in ("need", "because", "link_until", "draw")}
    first = {name: data[name] for name in ("of", "need", "because")}
    planned = in_round(case, plan={**plan, "asked": [first, *data["beside"]]})
    return {**planned, **waiting(case, silence=data["silent_at"]), "need": _needs({**case, **planned})}


def _needs(case: Case) -> list[str]:
    """Name by what those have to be asked who have not answered: a list of callers has it by each."""
    return [one["need"] for one in missing(case)]


def _attempted(case: Case, event: Event) -> Change:
    attempts = [*this_round(case).get("attempts", ()), {"at": instant(event.time), **event.data}]
    return in_round(case, attempts=attempts[-50:])


def _answered(case: Case, event: Event) -> Change:
    data = event.data
    done = in_round(case, answers=[*answers(case), {"at": instant(event.time), **data}])
    asked = {**waiting(case, silence=None)} if data["of"] in LINKED else {}
    return {**done, **asked, "need": _needs({**case, **done})}


def _followed_up(case: Case, event: Event) -> Change:
    done = in_round(case, follow_up={"at": instant(event.time), **event.data})
    more = dissatisfied(case) if dissatisfying(event.data) else {}
    return {**done, **waiting(case, silence=None), "need": None, **more}


def dissatisfied(case: Case) -> Change:
    """The party is not content with this round: two such rounds are marked by what counts them."""
    return {"unsatisfied": sorted({*case["unsatisfied"], case["round"]})}


def _voided(case: Case, event: Event) -> Change:
    round = this_round(case)
    kept = {name: value for name, value in round.items() if name not in OF_HANDLING}
    found = {"voided_at": instant(event.time), "voided_by": event.data["by"], "found": event.data["text"]}
    undone = {name: round[name] for name in OF_HANDLING[1:] if name in round}
    voided = [*round.get("voided", ()), {**round["handle"], **found, "undone": undone}]
    rounds = [*case["rounds"][:-1], {**kept, "voided": voided}]
    return {"rounds": rounds, **waiting(case, silence=None), "need": None, "closed": None}


FOLDS: Final[Mapping[str, Fold]] = {
    names.FOLLOW_UP_PLANNED: _planned,
    names.FOLLOW_UP_ATTEMPTED: _attempted,
    names.FOLLOW_UP_ANSWERED: _answered,
    names.ISSUE_FOLLOWED_UP: _followed_up,
    names.COMPLETION_VOIDED: _voided,
}
