"""One thing that two sources tell."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that two sources tell. `whose` names them."""

    what: str
    whose: str
    one: Any
    other: Any

    @property
    def holds(self) -> bool:
        return bool(self.one == self.other)
