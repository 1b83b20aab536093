"""How a bench tells what it measured."""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach: `least` or `most` of it."""

    figure: str
    least: float | None = None
    most: float | None = None

    def met(self, figures: Mapping[str, float]) -> bool:
        value = figures[self.figure]
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"


@dataclass(frozen=True, slots=True)
class Result:
    """One bench's figures, the floor measured in the same run, and their ratio."""

    bench: str
    figures: Mapping[str, float]
    floor: Mapping[str, float]
    ratio: float
    targets: Sequence[Target] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        return {
            "bench": self.bench,
            "machine": machine(),
            "figures": {name: round(value, 3) for name, value in self.figures.items()},
            "floor": {name: round(value, 3) for name, value in self.floor.items()},
            "ratio": round(self.ratio, 3),
        }

    def lines(self) -> list[str]:
        """The figures as a table, targets beside those that have one."""
        targets = {target.figure: target for target in self.targets}
        rows = []
        for name, value in [*self.figures.items(), ("ratio", self.ratio)]:
            target = targets.get(name)
            against = "" if target is None else f"   {target}  {'met' if target.met(self._all) else 'MISSED'}"
            rows.append(f"  {name:<34}{value:>12,.2f}{against}")
        rows += [f"  {'floor: ' + name:<34}{value:>12,.2f}" for name, value in self.floor.items()]
        return [f"bench {self.bench}  ({machine()['cores']} cores, {machine()['cpu']})", *rows]

    @property
    def _all(self) -> dict[str, float]:
        return {**self.figures, "ratio": self.ratio}


def machine() -> dict[str, Any]:
    """What it was measured on."""
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "cpu": names[0] if names else platform.machine(),
        "memory_gib": round(memory / 2**30, 1),
        "python": platform.python_version(),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    return statistics.quantiles(values, n=1000, method="inclusive")[min(998, int(share * 1000) - 1)]
