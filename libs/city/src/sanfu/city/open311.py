"""What a city shows and takes over Open311: jurisdictions, services, and what its states are called there.

Standard library only, as `sanfu.city.model`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Localised = Mapping[str, str]
Status = Literal["open", "closed"]
Shown = Literal["open", "closed", "unlisted"]
SHOWN: tuple[Shown, ...] = ("open", "closed", "unlisted")
STATES = (
    *("submitted", "in_review", "awaiting_party", "assigned", "acknowledged", "contacted", "handled", "followed_up"),
    *("suspended", "registered", "answered", "refused", "forwarded", "merged", "withdrawn", "reopen_requested"),
    *("petition_review", "closed"),
)
"""The states of an issue that its receipt shows: each has a line in the pack."""
FINER = ("closed", "refused")
"""States that may have further lines: by the kind of closing, by the reason of a refusal."""
WORDS = (
    *("OPEN", "INVESTIGATING", "IN_PROGRESS", "ACTION_SCHEDULED", "FIXED", "CLOSED", "DUPLICATE"),
    *("NO_FURTHER_ACTION", "NOT_COUNCILS_RESPONSIBILITY", "INTERNAL_REFERRAL"),
)
"""Statuses of updates that FixMyStreet reads, whether or not it asks for its extension of them."""


@dataclass(frozen=True, slots=True)
class State:
    """What one of our states is there. `word` is the finer status that an update has, `note` says it in plain words."""

    status: Shown
    word: str
    note: Localised


@dataclass(frozen=True, slots=True)
class Open311:
    """`jurisdictions`: id → the town it is narrowed to; None: the whole city. `receipt`: the words before a receipt
    number. `services`: codes of categories, in order. `homes`: categories whose places may be somebody's home.
    `groups`: audience → its name. `states`: as in `STATES`, and finer ones such as `closed.resolved`."""

    channel: str
    jurisdictions: Mapping[str, str | None]
    changeset: str
    contact: Localised
    key_service: Localised
    receipt: Localised
    services: tuple[str, ...]
    homes: frozenset[str] = frozenset()
    groups: Mapping[str, Localised] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    known: tuple[str, ...] = STATES
    """Every state that an issue may be in, the finer ones too, with a line of its own or without."""

    def state(self, key: str) -> State:
        """Return what a state (`closed`, `closed.resolved`) is called there."""
        return self.states.get(key) or self.states[key.partition(".")[0]]

    def keys(self, *wanted: Status) -> list[str]:
        """Name every state that has one of these statuses there."""
        return [key for key in self.known if self.state(key).status in wanted]
