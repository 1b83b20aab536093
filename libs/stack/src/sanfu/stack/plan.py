"""What a stack is to be: decided by the command that brings it up, written down for the supervisor that stays."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from sanfu.stack import mongo
from sanfu.stack.places import Places
from sanfu.stack.state import read_json, write_json

Settings = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """`only` names the programs to run (empty: all). `kafka` and `mongo`, where given, run elsewhere, unstarted.
    `environment` is laid over every service's settings, `broker` over the embedded broker's properties. `anchored`: the
    services run on the business clock of `places.clock`, which stands at the present unless it was written before.
    `rehearsal`: no message leaves; what would have is kept by notify."""

    root: Path
    name: str = "main"
    base: int | None = None
    only: tuple[str, ...] = ()
    city: Path = Path()
    prefix: str = "sanfu"
    kafka: str | None = None
    mongo: str | None = None
    environment: Settings = field(default_factory=dict)
    broker: Settings = field(default_factory=dict)
    anchored: bool = False
    rehearsal: bool = False

    @property
    def places(self) -> Places:
        return Places(self.root, self.name, self.base)

    @property
    def bootstrap(self) -> str:
        return self.kafka or f"127.0.0.1:{self.places.port('kafka')}"

    @property
    def mongo_uri(self) -> str:
        return self.mongo or mongo.uri(self.places.port("mongo"))

    def runs(self, program: str) -> bool:
        """Tell whether this stack starts that program itself."""
        external = {"kafka": self.kafka, "mongo": self.mongo}.get(program)
        return external is None and (not self.only or program in self.only)

    def write(self) -> None:
        write_json(self.places.run / "plan.json", asdict(self) | {"root": str(self.root), "city": str(self.city)})

    @classmethod
    def read(cls, places: Places) -> Self:
        """Return the plan last written there. Raises KeyError when there is none."""
        written: dict[str, Any] = read_json(places.run / "plan.json")
        paths = {"root": Path(written["root"]), "city": Path(written["city"])}
        return cls(**{**written, **paths, "only": tuple(written["only"])})


def shipped_city(root: Path) -> Path:
    """Return the city pack to work for: SANFU_CITY, or the first one shipped under `cities/`."""
    named = os.environ.get("SANFU_CITY")
    return Path(named).resolve() if named else next(iter(sorted((root / "cities").glob("*/"))), root / "cities")
