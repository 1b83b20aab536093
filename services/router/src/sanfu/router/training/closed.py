"""The city's own closed cases as labelled reports: the text as it came in, and what people made of it in the end.

Read from the router's own documents, page by page. What is or was confidential or sealed is never among them; its text
is not there either. A case's label is who was right (see `track`), its last category, grade and urgency.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from heapq import heappush, heappushpop

from sanfu.city.model.pack import Pack
from sanfu.city.succession import in_its_place
from sanfu.router.domain.features import LONGEST
from sanfu.router.domain.glance import SECRET, Glance
from sanfu.router.hindsight.cases import Case
from sanfu.router.training.labelled import Labelled, seen

MOST = 20_000
"""Cases that are trained on at most: of more a sample, always the same. So memory does not grow with the city."""
LEAST = 200
"""Cases without which no model is trained on cases alone: each of some 140 categories should be there at all."""


@dataclass(slots=True)
class Harvest:
    """Closed cases that may be learnt from, and why others may not."""

    pack: Pack
    day: date
    """Of units that ended before it, the successors learn."""
    most: int = MOST
    left_out: Counter[str] = field(default_factory=Counter)
    _kept: list[tuple[int, str, Labelled]] = field(default_factory=list)
    _glance: Glance = field(init=False)

    def __post_init__(self) -> None:
        self._glance = Glance(self.pack)

    async def gather(self, cases: AsyncIterator[Case | None]) -> list[Labelled]:
        async for case in cases:
            self.add(case)
        return self.labelled()

    def add(self, case: Case | None) -> None:
        found = _labelled(case, self.pack, self.day, self._glance)
        if isinstance(found, str):
            self.left_out[found] += 1
            return
        entry = (-int(sha256(f"sample:{found.group}".encode()).hexdigest(), 16), found.group, found)
        if len(self._kept) < self.most:
            heappush(self._kept, entry)
        else:
            heappushpop(self._kept, entry)
            self.left_out["sample"] += 1

    def labelled(self) -> list[Labelled]:
        """Return them in the order of their ids: the same cases make the same model."""
        return [report for _, _, report in sorted(self._kept, key=lambda each: each[1])]


def _labelled(case: Case | None, pack: Pack, day: date, glance: Glance) -> Labelled | str:
    """Read a case as a labelled report; or say why nothing may be learnt from it."""
    if case is None:
        return "no_track"
    said, standing = case.state["said"], case.state["standing"]
    if case.secrecy in SECRET or case.track["asked"]["secrecy"] in SECRET:
        return "secret"
    if case.right is None:
        return "nobody_knows"
    if not said.get("text"):
        return "no_text"
    unit = in_its_place(pack.units, case.right, day)
    if standing.get("category") not in pack.categories or unit is None:
        return "unknown_code"
    town = glance.facts(said, "normal", "internal", None).town or ""  # also where only the text or the point says it
    facts = seen(said["channel"], said["audience"], town, said.get("title", ""), said["text"][:LONGEST])
    emergency = standing.get("urgency") == "emergency"
    grade = standing.get("grade") or pack.policy.default_grade
    return Labelled(facts, standing["category"], unit, grade, said["kind"], emergency, False, town, case.id)
