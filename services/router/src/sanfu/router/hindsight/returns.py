"""What came of assignments: how many were returned, charged and right, by rule, by category and by model version."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sanfu.router.domain import track as tracks
from sanfu.router.hindsight.cases import Case

Assignment = Mapping[str, Any]
Same = Callable[[str, str], bool]
"""Whether two units are one, or one goes on with the other's work."""
NONE = "-"
BY = ("rule", "category", "model")


@dataclass(slots=True)
class Count:
    """`charged`: returned wrongly, and the unit pays for the time. `known`: of so many the right unit is known."""

    assigned: int = 0
    returned: int = 0
    charged: int = 0
    known: int = 0
    right: int = 0

    def shown(self) -> dict[str, Any]:
        shares = {
            "returned_share": _share(self.returned, self.assigned),
            "charged_share": _share(self.charged, self.returned),
            "right_share": _share(self.right, self.known),
        }
        return {**asdict(self), **shares}


@dataclass(slots=True)
class Reviews:
    """What a person decided where the router had only suggestions."""

    asked: int = 0
    known: int = 0
    first: int = 0
    top3: int = 0

    def shown(self) -> dict[str, Any]:
        return {
            **asdict(self), "first_share": _share(self.first, self.known), "top3_share": _share(self.top3, self.known)
        }  # fmt: skip


@dataclass(slots=True)
class Returns:
    """The figures of a period, as large as there are rules, categories and models, however many cases are told."""

    same: Same
    looked_at: int = 0
    left_out: dict[str, int] = field(default_factory=lambda: {"no_track": 0})
    by: dict[str, dict[str, Count]] = field(default_factory=lambda: {name: defaultdict(Count) for name in BY})
    reviews: dict[str, Reviews] = field(default_factory=lambda: defaultdict(Reviews))

    def add(self, case: Case | None) -> None:
        """Count a case, each of its assignments by itself."""
        if case is None:
            self.left_out["no_track"] += 1
            return
        self.looked_at += 1
        assignments = [*_assignments(case.track)]
        for one in assignments:
            keys = {"rule": one.get("rule") or one["decided_by"], "category": one.get("category"), "model": _model(one)}
            for name, key in keys.items():
                self._count(self.by[name][key or NONE], case, one)
        if (answer := tracks.first_answer(case.track)) and answer["what"] == "review":
            self._review(self.reviews[answer.get("model") or NONE], case, answer)

    def _count(self, count: Count, case: Case, one: Assignment) -> None:
        count.assigned += 1
        count.returned += bool(tracks.returns_of(case.track, one))
        count.charged += charged(case.track, one)
        if case.right is not None:
            count.known += 1
            count.right += self.same(one["unit"], case.right)

    def _review(self, reviews: Reviews, case: Case, answer: Assignment) -> None:
        reviews.asked += 1
        if case.right is None:
            return
        units = [each["unit"] for each in answer["suggestions"]]
        reviews.known += 1
        reviews.first += bool(units) and self.same(units[0], case.right)
        reviews.top3 += any(self.same(unit, case.right) for unit in units[:3])

    def shown(self) -> dict[str, Any]:
        """All figures, the most returned first."""
        return {
            "looked_at": self.looked_at, "left_out": dict(self.left_out),
            **{f"by_{name}": [*_rows(name, counts)] for name, counts in self.by.items()},
            "suggestions": [{"model": model, **each.shown()} for model, each in sorted(self.reviews.items())],
        }  # fmt: skip


def charged(track: tracks.Track, one: Assignment) -> bool:
    """Tell whether an assignment was returned wrongly: its unit was found to be the right one all the same."""
    backs = tracks.returns_of(track, one)
    return any(
        ruling.get("charged") == back["unit"] and ruling.get("round") == back.get("round")
        for back in backs
        for ruling in track.get("rulings", ())
    )


def _assignments(track: tracks.Track) -> Iterator[Assignment]:
    yield from (each for each in track.get("answers", ()) if each["what"] == "assigned")
    yield from track.get("leads", ())


def _model(one: Assignment) -> str | None:
    model: str | None = one.get("model")
    return model if one["decided_by"] == "model" else None


def _rows(name: str, counts: Mapping[str, Count]) -> Iterator[dict[str, Any]]:
    ordered = sorted(counts.items(), key=lambda each: (-each[1].returned, -each[1].assigned, each[0]))
    yield from ({name: key, **count.shown()} for key, count in ordered)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
