"""Names of places, found in a text by an automaton in one pass (decision 0010), the longest where several begin alike.

A town's or village's own full name says more than a street's: where a text has one, no street counts. Where it names
two towns nobody can tell, and so nothing is said.
"""

from collections.abc import Iterable, Mapping

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from sanfu.city.atlas import Spot
from sanfu.city.wordlists import whole


class Gazetteer:
    """`atlas.Names` over full names of towns and villages, and other names of places. A name that stands for places in
    several towns says nothing by itself."""

    def __init__(self, full: Mapping[str, str], others: Iterable[tuple[str, Spot]]) -> None:
        """`full`: name → town; `others`: name and what it says."""
        self._spots: dict[str, set[Spot]] = {}
        for name, spot in others:
            self._spots.setdefault(name.casefold(), set()).add(spot)
        self._full = {name.casefold(): town for name, town in full.items()}
        names = [*self._full, *(self._spots.keys() - self._full.keys())]
        self._finder = AhoCorasick(names, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.DFA)
        self._names = names

    def spot(self, text: str) -> Spot | None:
        folded = text.casefold()
        hits = self._finder.find_matches_as_indexes(folded)
        found = {self._names[which] for which, begin, end in hits if whole(folded, begin, end)}
        spots = [spot for name in found for spot in self._spots.get(name, ()) if len(self._spots[name]) == 1]
        towns = {self._full[name] for name in found if name in self._full} or {spot.town for spot in spots}
        if len(towns) != 1:
            return None
        (town,) = towns
        points = {spot for spot in spots if spot.town == town and spot.lon is not None}
        return points.pop() if len(points) == 1 else Spot(town)
