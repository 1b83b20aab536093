"""What a rule may look at."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from sanfu.city.atlas import Whereabouts


class Facts(NamedTuple):
    """What a rule may look at. `kind` is the issue's, `unit_kind` that of the unit wished for."""

    channel: str
    audience: str
    kind: str
    urgency: str
    secrecy: str
    category: str | None = None
    unit: str | None = None
    unit_kind: str | None = None
    unit_of_town: bool = False
    town: str | None = None
    text: str = ""
    place: Whereabouts = Whereabouts()
    answers: Mapping[str, Any] = MappingProxyType({})
    liaison: str | None = None
    """The unit of the party's liaison, if it has one."""
    at: datetime | None = None
    """When the city received it, in the city's own time."""
