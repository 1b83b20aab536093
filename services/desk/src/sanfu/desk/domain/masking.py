"""Take out of what officers write how the issue's people could be known or reached, before it enters the story.

By form: mobile phones, ID numbers and, in texts for officers, e-mail addresses; a public reply keeps those of offices
and their lines. By value: names, phones, e-mails and addresses of this party and filer. Others' names can't be found.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sanfu.city.wordlists import WordList
from sanfu.contracts.masking import EMAILS, IDS, MOBILES, Mask

TEXTS = (
    "reply",
    "question",
    "report",
    "task",
    "summary",
    "internal",
    "reason",
    "text",
    "legal_ground",
    "source",
    "mediator",
    "steps",
)
"""Fields that hold a text, or a list of texts."""
PUBLIC = (*IDS, *MOBILES)
INTERNAL = (*PUBLIC, *EMAILS)
NONE = WordList()


def masked(said: Mapping[str, Any], people: Iterable[Mapping[str, Any]], rude: WordList = NONE) -> dict[str, Any]:
    """Return a command's body as the story may hold it. `people`: what is known of party and filer. `rude`: words that
    nobody has to read, of what a party says."""
    own = Mask.of(people)
    public, internal = own.by(*PUBLIC), own.by(*INTERNAL)
    texts = {
        name: public if name in {"reply", "question", "report", "steps", "mediator"} else internal
        for name in TEXTS
        if said.get(name)
    }
    return {**said, **{name: _masked(said[name], mask, rude) for name, mask in texts.items()}}


def _masked(text: str | list[str], mask: Mask, rude: WordList) -> str | list[str]:
    return rude.masked(mask.text(text)) if isinstance(text, str) else [rude.masked(mask.text(each)) for each in text]
