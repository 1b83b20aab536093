"""Who is asked in the follow-up of the round that is under way, who has answered, who has not."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sanfu.desk.domain.rounds import this_round
from sanfu.desk.domain.state import Case

Asked = Mapping[str, Any]
"""`{of, need, because}`: who is asked, by what at least, and why so."""
LINKED: Final = frozenset({"party", "desk", "committee"})
"""Who is reached by the party's contact, and so can have a link."""
BEFORE_PLANS: Final[Asked] = {"of": "party", "need": "call", "because": "all"}
"""How what was handled before there were plans is followed up."""


def asked(case: Case) -> Sequence[Asked]:
    """Return all who have to answer."""
    plan = this_round(case).get("plan")
    if plan is None:
        return [BEFORE_PLANS]
    found: Sequence[Asked] = plan.get("asked") or [{**BEFORE_PLANS, "need": plan["need"], "because": plan["because"]}]
    return found


def answers(case: Case) -> Sequence[Mapping[str, Any]]:
    """Return what was answered so far, where several are asked."""
    found: Sequence[Mapping[str, Any]] = this_round(case).get("answers", ())
    return found


def missing(case: Case) -> list[Asked]:
    """Return those who have to answer, and have not."""
    done = {one["of"] for one in answers(case)}
    return [one for one in asked(case) if one["of"] not in done]


def linked(case: Case) -> Asked | None:
    """Return who may still answer by the party's link."""
    return next((one for one in missing(case) if one["of"] in LINKED), None)


_WORSE: Final = {"yes": 0, "unreachable": 1, "silent": 1, "declined": 1, "partly": 2, "no": 3}


def together(answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Say what several answers come to: the least that any of them says of whether it is resolved, with its words, and
    the lowest score. Nobody's silence makes resolved what another calls so, nor undoes that another does not."""
    least = max(answers, key=lambda one: _WORSE[one["resolved"]])
    scores = [one["satisfied"] for one in answers if one["satisfied"] is not None]
    files = [file for one in answers for file in one["evidence"]]
    said = {name: least[name] for name in ("resolved", "reason", "method")}
    return {**said, "satisfied": min(scores, default=None), "evidence": files}
