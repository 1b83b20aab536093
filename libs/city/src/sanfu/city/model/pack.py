"""All that one city decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from sanfu.city.atlas import Atlas
from sanfu.city.decency import Decency
from sanfu.city.form import Form
from sanfu.city.model.policy import Policy
from sanfu.city.model.rules import RoutingRule
from sanfu.city.model.templates import Template
from sanfu.city.model.what import Category, Channel
from sanfu.city.model.who import Bounds, Localised, Staff, Town, Unit
from sanfu.city.open311 import Open311
from sanfu.city.placeholders import PUBLIC_URL
from sanfu.city.rosters import Shift
from sanfu.city.wordlists import WordList


@dataclass(frozen=True, slots=True)
class Pack:
    """All that one city decides. `version` is the hash of the files' contents (12 hex digits)."""

    version: str
    code: str
    name: Localised
    zone: str
    locales: tuple[str, ...]
    """The first is the default."""
    bounds: Bounds
    receipt_prefix: str
    fallback_unit: str
    emergency_unit: str
    office_unit: str
    """The coordination office: reviews, supervises, answers for the lights."""
    audience_groups: Mapping[str, str]
    """Audience → the group that adjudicates what no unit takes."""
    units: Mapping[str, Unit]
    staff: Mapping[str, Staff]
    towns: Mapping[str, Town]
    channels: Mapping[str, Channel]
    categories: Mapping[str, Category]
    rules: tuple[RoutingRule, ...]
    policy: Policy
    templates: tuple[Template, ...]
    notices: Mapping[str, Localised]
    """Sentences of pages and receipts, such as whom to call first in an emergency."""
    urgency_words: Mapping[str, WordList]
    """Urgency → its recall list, the gravest first."""
    secrecy_words: Mapping[str, WordList]
    """Secrecy → its words, the strictest first."""
    themes: tuple[Mapping[str, str], ...]
    indicators: tuple[Mapping[str, str], ...]
    reports: Path | None
    """Made-up reports for the demo, JSON Lines."""
    abuse: WordList = field(default_factory=WordList)
    """Words that no officer has to read."""
    model: bytes | None = field(default=None, repr=False)
    """A trained model as it stands in its file; who reads it, the router knows."""
    sure_from: Mapping[str, float] = field(default_factory=dict)
    """Category → from which confidence on the model may assign by itself. One that is not named: never."""
    forms: Mapping[str, Form] = field(default_factory=dict)
    """What each channel asks, by its code; see `form_of`."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """What columns of lists are called: header → field of a report, on every channel."""
    entry_columns: Mapping[str, str] = field(default_factory=dict)
    """What columns are called in lists of what is to be visited, experienced, checked: header → field of an entry."""
    cell_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What lists write for a field's codes: field → word → code."""
    atlas: Atlas = field(default_factory=Atlas, repr=False)
    """Areas and names of places."""
    rosters: Mapping[str, tuple[Shift, ...]] = field(default_factory=dict)
    """Unit → its shifts, in order. A unit that is not here: all who have the duty, always."""
    decency: Decency = field(default_factory=Decency)
    """When messages wait, and for what."""
    public_url_length: int = PUBLIC_URL
    """Characters of the address of parties' pages with which the texts that hold a link were measured."""
    open311: Open311 | None = None
    """What it shows and takes over Open311; None: nothing."""

    def form_of(self, channel: str) -> Form:
        """Return what a channel asks. One that has no form asks nothing of its own."""
        return self.forms.get(channel) or Form(channel, self.name)

    def begins(self, day: date) -> datetime:
        """Return the instant at which a date begins in the city."""
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)

    def day(self, at: datetime) -> date:
        """Return the date it is in the city: units come and go at its midnight."""
        return at.astimezone(ZoneInfo(self.zone)).date()
