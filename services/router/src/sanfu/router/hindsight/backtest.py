"""What another rule set would have done with the issues that are stored: what changes, and whether for the better.

Before is what was decided when the issue came in (or, if asked for, what the rules in use would say); after is what the
new rules say of the same facts. Who was right is known of issues that were closed as handled, or adjudicated.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sanfu.contracts import names
from sanfu.router.domain import track as tracks
from sanfu.router.domain.rules import RouterRules
from sanfu.router.hindsight.cases import Case
from sanfu.router.hindsight.returns import Same

EFFECTS = ("saved", "righted", "caused", "spared", "asked", "unsettled", "regraded")
"""saved: it was returned, and would have gone to the right unit at once. righted: it went wrong without being returned,
and would have gone right. caused: it would have gone to a wrong unit, and did not, or not at once. spared: a person was
asked, and it would have gone to the right unit at once. asked: it was assigned, and a person would be asked.
unsettled: it would change, and nobody can say yet for better or worse, or it is wrong both ways. regraded: the same
unit, another grade."""


class Said(NamedTuple):
    """What rules say of an issue: the unit that leads at once; None: a person is asked."""

    unit: str | None
    grade: str | None
    by: str | None


class Change(NamedTuple):
    """An issue that the new rules would have treated otherwise."""

    issue: str
    at: str
    channel: str
    before: Said
    after: Said
    right: str | None
    returned: bool
    effect: str

    def plain(self) -> dict[str, Any]:
        return {
            "issue": self.issue, "submitted_at": self.at, "channel": self.channel,
            **{f"before_{name}": value for name, value in self.before._asdict().items()},
            **{f"after_{name}": value for name, value in self.after._asdict().items()},
            "right": self.right, "returned": self.returned, "effect": self.effect,
        }  # fmt: skip


@dataclass(slots=True)
class Backtest:
    """Tries rules on one case after the other, and keeps counts only."""

    rules: RouterRules
    same: Same
    against: RouterRules | None = None
    """What `before` is decided by; None: as it was decided at the time."""
    looked_at: int = 0
    left_out: Counter[str] = field(default_factory=lambda: Counter(no_track=0, sealed=0, secret_since=0))
    effects: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(EFFECTS, 0)))
    automatic: dict[str, Counter[str]] = field(default_factory=lambda: {"before": Counter(), "after": Counter()})

    def tried(self, case: Case | None) -> Change | None:
        """Try one case; None: nothing would change, or it can't be tried."""
        answer = tracks.first_answer(case.track) if case else None
        if case is None or answer is None:
            self.left_out["no_track"] += 1
            return None
        if why := _kept_out(case):
            self.left_out[why] += 1
            return None
        self.looked_at += 1
        before = self._by(self.against, case) if self.against else _said(answer["what"] == "assigned", answer)
        after = self._by(self.rules, case)
        for name, said in (("before", before), ("after", after)):
            self._count(self.automatic[name], said, case.right)
        if before[:2] == after[:2]:
            return None
        returned = bool(tracks.returns_of(case.track, answer))
        effect = self._effect(case, before, after, returned)
        self.effects[effect] += 1
        said = case.state["said"]
        return Change(case.id, said["submitted_at"], said["channel"], before, after, case.right, returned, effect)

    def shown(self) -> dict[str, Any]:
        """The counts: `automatic` says of each side how many were assigned at once, of how many of them it is known
        who was right, and how many of those were right."""
        return {
            "looked_at": self.looked_at, "left_out": dict(self.left_out), "changed": self.effects.total(),
            "effects": dict(self.effects),
            "automatic": {
                side: {name: counts[name] for name in ("assigned", "known", "right")}
                for side, counts in self.automatic.items()
            },
        }  # fmt: skip

    def _by(self, rules: RouterRules, case: Case) -> Said:
        draft = rules.routing.route(rules.submitted(case.state), rules.day(case.at))
        return _said(draft.type == names.ISSUE_ASSIGNED, draft.data)

    def _count(self, counts: Counter[str], said: Said, right: str | None) -> None:
        if said.unit is not None:
            counts["assigned"] += 1
            counts["known"] += right is not None
            counts["right"] += self._is(said, right)

    def _is(self, said: Said, right: str | None) -> bool:
        return said.unit is not None and right is not None and self.same(said.unit, right)

    def _effect(self, case: Case, before: Said, after: Said, returned: bool) -> str:
        if before.unit == after.unit:
            return "regraded"
        if after.unit is None:
            return "asked"
        if case.right is None:
            return "unsettled"
        if self._is(after, case.right):
            if before.unit is None:
                return "spared"
            return "saved" if returned else "righted"
        return "caused" if before.unit is None or self._is(before, case.right) else "unsettled"


def _kept_out(case: Case) -> str | None:
    """Say why a case can't be tried: what it was routed by must still be there."""
    if case.secrecy == "sealed":
        return "sealed"
    return "secret_since" if case.hushed else None


def _said(assigned: bool, data: Mapping[str, Any]) -> Said:
    if not assigned:
        return Said(None, None, data.get("why"))
    return Said(data["unit"], data["grade"], data.get("rule") or data["decided_by"])
