"""Why an issue went where it went: what the router said of it, by what, and what came of that."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sanfu.contracts import names
from sanfu.contracts.envelope import moment
from sanfu.router.domain import track as tracks
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.rules import RouterRules
from sanfu.router.domain.sketches import SECRET
from sanfu.router.handlers import guesses
from sanfu.runtime.rules import Refusal, State

LISTS = {"answers": "answers", "dispatched": "leads", "returns": "returns", "rulings": "rulings", "duplicates": "alike"}
"""Field of the explanation → list of the track."""


def account(rules: RouterRules, issue: str, state: State | None, now: datetime) -> dict[str, Any]:
    """Explain one issue from what the router keeps of it. Of a sealed one it says only that a person was asked, of a
    confidential one nothing that its text says. Raises Refusal (404) where there is none."""
    if not state or "said" not in state or "asked" not in state.get("track", {}):
        raise Refusal(404, "no-such-issue", _missing(state))
    track, secrecy = state["track"], state["standing"].get("secrecy", "sealed")
    if secrecy == "sealed":
        answers = [_only(SEALED, each) for each in track.get("answers", ())]
        return {**_head(issue, secrecy, state, rules), "answers": answers}
    hushed = secrecy in SECRET and track["asked"]["secrecy"] not in SECRET
    report, day = rules.submitted(state), rules.day(now)
    draft = rules.routing.route(rules.submitted(state, day), day)
    outcome = "assigned" if draft.type == names.ISSUE_ASSIGNED else "review"
    return {
        **_head(issue, secrecy, state, rules),
        **{field: list(track.get(name, ())) for field, name in LISTS.items()},
        **(_unsaid(track) if hushed else {}),
        "right": tracks.final(track),
        "facts": _shown(report.facts),
        "guesses": guesses(rules.routing, report.facts, day),
        "passed_over": None if hushed else _passed_over(rules, state),
        "now": {"outcome": outcome, **{name: draft.data.get(name) for name in ("why", "unit", "rule", "decided_by")}},
    }


def _missing(state: State | None) -> str:
    if state and "said" in state:
        return "It was routed by a version that kept no track: ./sanfu rebuild router reads it anew from the story."
    return "The router knows no issue of this id: ids are those that intake answers a report with."


def _head(issue: str, secrecy: str, state: State, rules: RouterRules) -> dict[str, Any]:
    model = rules.routing.model
    return {
        "issue": issue, "secrecy": secrecy, "withheld": secrecy in SECRET, "lead": state["standing"]["lead"],
        "pack": rules.pack.version, "model": model.version if model else None,
    }  # fmt: skip


def _shown(facts: Facts) -> dict[str, Any]:
    """All but what people wrote."""
    told = {name: value for name, value in facts._asdict().items() if name not in ("text", "answers")}
    return {**told, "place": facts.place._asdict(), "at": facts.at.isoformat() if facts.at else None}


SEALED = ("what", "at", "pack")
HUSHED = (*SEALED, "unit", "grade", "decided_by", "assignment", "round")


def _only(names: Collection[str], entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in names}


def _unsaid(track: tracks.Track) -> dict[str, Any]:
    """Leave out, of what became secret later, whatever was drawn from its text while that could be read: rule, category
    and reason say what it is about, and so do its likes."""
    return {
        "answers": [_only(HUSHED, each) for each in track.get("answers", ())],
        "dispatched": [_only(HUSHED, each) for each in track.get("leads", ())],
        "duplicates": [],
    }


def _passed_over(rules: RouterRules, state: State) -> list[dict[str, str]] | None:
    """Name the rules before the one that decided, if the pack in use is the one it was decided by; else nobody can."""
    answer = tracks.first_answer(state["track"])
    if answer is None or answer["pack"] != rules.pack.version:
        return None
    day = rules.day(moment(answer["at"]))
    facts, matcher = rules.submitted(state, day).facts, rules.routing.categories.matcher(day)
    return [{"rule": rule.id, "on": on} for rule, on in matcher.passed_over(facts, matcher.first(facts))]
