"""Which unit leads: the rules of routing."""

from dataclasses import dataclass
from typing import Literal

from sanfu.city.when import AnswerIs, Times
from sanfu.city.wordlists import WordList

TOWN = "@town"
"""Stands for the town where the issue lies."""
WISHED = "@wished"
"""Stands for the unit that the reporter named."""
LIAISON = "@liaison"
"""Stands for the unit of the party's liaison."""


@dataclass(frozen=True, slots=True)
class When:
    """A rule's conditions: each must hold; an empty one always does. `categories` and `units` are those wished for.

    `towns` is where it lies, however that is known; `areas` those that hold its point.
    """

    channels: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    unit_kinds: tuple[str, ...] = ()
    towns: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    urgencies: tuple[str, ...] = ()
    secrecies: tuple[str, ...] = ()
    unit_of_town: bool = False
    """The unit wished for belongs to the town where the issue lies: the town itself or one whose parent it is."""
    words: WordList | None = None
    areas: tuple[str, ...] = ()
    liaison: bool | None = None
    """The party has a liaison; false: it has none."""
    liaison_units: tuple[str, ...] = ()
    answers: tuple[AnswerIs, ...] = ()
    time: Times | None = None
    """When the city received it."""


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """If `when` holds: this unit leads. The first rule that matches wins.

    `unit` is a code, `@town`, `@wished`, `@liaison`, or None where a reviewer has to find it; `assist` likewise.
    `category` and `grade` None mean: as wished for, else the category's default, else the policy's. `mode` auto assigns
    at once, review asks a person and offers the rest as a suggestion, model lets the classifier assign where it is
    sure. A rule whose unit is gone has `active` false. One that stands for a row of the table of categories has
    `of_category` true: its unit and grade are that category's.
    """

    id: str
    when: When
    unit: str | None
    assist: tuple[str, ...]
    category: str | None
    grade: str | None
    mode: Literal["auto", "review", "model"]
    reason: str
    active: bool = True
    of_category: bool = False
