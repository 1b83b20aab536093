"""Who may read it: decided before anything is told. The highest wins."""

from collections.abc import Collection
from dataclasses import dataclass

from sanfu.city import recall
from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Category, Channel

LEVELS = ("open", "internal", "confidential", "sealed")
HIDDEN = frozenset({"confidential", "sealed"})
"""The text is with the contact, and nowhere in the story."""
CONFIDENTIAL_FLAGS = frozenset({"minor", "group", "media"})


@dataclass(frozen=True, slots=True)
class Matter:
    """What the level depends on. `wish` is the party's, or the channel's, own."""

    text: str
    channel: Channel
    category: Category | None
    wish: str | None
    party_kind: str
    flags: Collection[str] = ()
    complains_of: Collection[str] = ()


def decided(pack: Pack, matter: Matter) -> str:
    """Return the highest level that channel, category, words, wish, kind of party, flags or the one complained of
    ask for: what an enterprise says is internal; a complaint of the office itself is sealed."""
    found = [matter.wish or "open", matter.channel.secrecy_default]
    found += [matter.category.secrecy_default] if matter.category else []
    found += [level for level, words in pack.secrecy_words.items() if words.first(matter.text) is not None]
    found += ["internal"] if matter.party_kind == "enterprise" else []
    found += ["confidential"] if CONFIDENTIAL_FLAGS & set(matter.flags) else []
    found += ["sealed"] if pack.office_unit in matter.complains_of else []
    return max(found, key=LEVELS.index)


def added(pack: Pack, text: str, earlier: str) -> str | None:
    """Return who may read it by the words of a supplement, None where they say nothing of that."""
    return recall.highest(pack.secrecy_words, LEVELS, text, earlier)
