"""Lists of the demo: whoever visits, experiences or checks has one, and what is reported on these channels was found at
an entry of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sanfu.city.model.pack import Pack
from sanfu.stack.demo import replies
from sanfu.stack.demo.chance import one_of
from sanfu.stack.demo.reports import Report
from sanfu.stack.demo.staff import Staffing
from sanfu.stack.programs import PartError

HOLDERS: Final = {"visit": "leader", "experience": "officer", "checkup": "monitor"}
"""Kind of a list → in which role its holder is."""
MOST: Final = 50
"""Reports of one list."""
VISITED_WITHIN: Final = timedelta(days=1)
WHAT: Final = {"enterprise": "enterprise", "village": "village"}
OTHERS: Final = (("refused", replies.NO_VISIT), (None, None))
"""Entries of a list of visits at which nothing was found: one is refused, one is never visited."""


@dataclass(frozen=True, slots=True)
class Round:
    """A list that somebody goes through, and what is reported on the way: at its entries, in this order."""

    key: str
    kind: str
    holder: str
    reports: tuple[Report, ...]

    def opening(self, pack: Pack) -> dict[str, Any]:
        """Return the body by which the office makes it."""
        entries = [*map(self._entry(pack), self.reports)]
        if self.kind == "visit":
            last = self._due(pack, self.reports[-1])
            entries += [
                {"what": "project", "title": f"走访对象甲{n}", "purpose": "find", "due": last}
                for n, _ in enumerate(OTHERS, 1)
            ]
        group = next(iter(pack.form_of("checkup").questions["group"].choices)) if self.kind == "checkup" else None
        title = f"{replies.LISTS[self.kind]} {self.key}"
        return {"kind": self.kind, "title": title, "holder": self.holder, "group": group, "entries": entries}

    def marks(self) -> Iterator[Mapping[str, Any]]:
        """Give what is said at once of entries at which nothing was found."""
        if self.kind == "visit":
            for number, (result, text) in enumerate(OTHERS, len(self.reports) + 1):
                if result is not None:
                    yield {"entry": number, "result": result, "text": text}

    def _entry(self, pack: Pack) -> Any:
        def made(report: Report) -> dict[str, Any]:
            told = report.told
            town = told["town"] if told["town"] in pack.towns else None
            if self.kind == "experience":
                themes = [one for one in pack.form_of(self.kind).questions["theme"].choices if one != "other"]
                return {"theme": one_of(themes, report.id, "theme"), "town": town}
            if self.kind == "checkup":
                return {"title": f"体检点{report.id}", "town": town}
            what, due = WHAT.get(told["party_kind"], "project"), self._due(pack, report)
            return {"what": what, "title": f"走访对象{report.id}", "purpose": "find", "town": town, "due": due}

        return made

    def _due(self, pack: Pack, report: Report) -> str:
        return pack.day(report.reported_at + VISITED_WITHIN).isoformat()


def rounds(reports: Sequence[Report], pack: Pack, staffing: Staffing) -> list[Round]:
    """Return the lists on which these reports are found. A kind of which nobody may hold one has none."""
    found = []
    for kind, role in HOLDERS.items():
        mine = [one for one in reports if one.told["channel"] == kind]
        if kind not in pack.channels or not mine:
            continue
        try:
            holders = staffing.having(role)
        except PartError:
            continue
        parts = [tuple(mine[at : at + MOST]) for at in range(0, len(mine), MOST)]
        found += [Round(f"{kind}-{n}", kind, holders[0], part) for n, part in enumerate(parts, 1)]
    return found
