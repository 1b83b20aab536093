"""How a city tells people with decency: quiet hours, days off, lists instead of single messages, caps.

Standard library only, as `sanfu.city.model`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ListTexts:
    """What stands round a list of several messages, in one language. `subject` and `head` name how many they are
    (`{count}`), `more` how many did not find room (`{more}`). `approved`: provider that sends nothing but texts it
    approved → the code of one that says `head` alone."""

    subject: str
    head: str
    more: str
    approved: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decency:
    """When a message waits. What is critical, or about an emergency, never does. A default waits for nothing.

    `quiet` are hours, [from, to) in minutes since midnight and mostly across it, in which `quiet_media` rest.
    `day_off_events` (types on the wire), by `day_off_media`, wait on a day without service for `morning` (minutes since
    midnight) of the next that has some. A unit's people in one capacity get one message in `gather` minutes: what
    follows waits, and comes as a list. `digest_at` are the times of day, on days of service, at which what may wait
    longest is told in a list. `caps`: party (each address of who is outside), staff → messages by one medium in 24
    hours; the rest comes as a list.
    """

    quiet: tuple[int, int] | None = None
    quiet_media: tuple[str, ...] = ()
    day_off_events: frozenset[str] = frozenset()
    day_off_media: tuple[str, ...] = ()
    morning: int = 0
    gather: int = 0
    digest_at: tuple[int, ...] = ()
    caps: Mapping[str, int] = field(default_factory=dict)
    way_out: Mapping[str, str] = field(default_factory=dict)
    """Locale → the words at a mail's end that say where to refuse further ones (`{link}`)."""
    lists: Mapping[str, ListTexts] = field(default_factory=dict)
    """Locale → the words round a list."""
    outside: Mapping[str, ListTexts] = field(default_factory=dict)
    """Locale → the words round a list for a party or a filer, of one issue of theirs or several."""
