"""The index of sketches in memory, for tests and for measuring."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sanfu.contracts.envelope import truncated
from sanfu.router.domain.sketches import Sketch
from sanfu.router.ports import Asked


class MemorySketches:
    """`ports.Sketches` in dictionaries."""

    def __init__(self) -> None:
        self._kept: dict[str, Sketch] = {}
        self._under: dict[str, set[str]] = defaultdict(set)

    async def prepare(self) -> None:
        """Nothing has to be made."""

    async def keep(self, drawn: Sequence[Sketch], gone: Collection[str]) -> None:
        for id in [*gone, *(sketch.id for sketch in drawn)]:
            if was := self._kept.pop(id, None):
                for key in was.keys:
                    self._under[key].discard(id)
        for sketch in drawn:
            self._kept[sketch.id] = sketch
            for key in sketch.keys:
                self._under[key].add(sketch.id)

    async def near(self, asked: Sequence[Asked], most: int) -> list[list[Sketch]]:
        return [self._near(one)[:most] for one in asked]

    async def in_review(self, after: str, most: int) -> list[str]:
        return sorted(id for id, sketch in self._kept.items() if sketch.review and id > after)[:most]

    def _near(self, asked: Asked) -> list[Sketch]:
        ids = set[str]().union(*(self._under.get(key, ()) for key in asked.keys)) - {asked.id}
        begin, end = truncated(asked.begin), truncated(asked.end)
        found = [self._kept[id] for id in ids if begin <= self._kept[id].at <= end]
        return sorted(found, key=lambda sketch: (sketch.at, sketch.id), reverse=True)
