"""What a party says at the desk is listened to: for danger, and for what few may read (decision 0036). Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sanfu.city import recall
from sanfu.city.model.pack import Pack
from sanfu.city.vocabulary import SECRECIES, URGENCIES
from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.desk.domain.state import Case, Change
from sanfu.desk.domain.table import PARTY, TABLE
from sanfu.desk.domain.urgency import ALARM, heeded
from sanfu.runtime.rules import Draft

LISTENED: Final = frozenset(command for _, command, role in TABLE if role in PARTY)
"""Commands by which a party says something, itself or to whoever writes it down. What staff say in their own name is
held against no list: they have the button."""
TELLING: Final = frozenset(
    {
        names.ISSUE_SUPPLEMENTED, names.REMINDER_ADDED, names.REOPEN_REQUESTED, names.OBJECTION_RAISED,
        names.PETITION_REVIEW_ASKED, names.WITHDRAWAL_ASKED, names.ISSUE_WITHDRAWN, names.FOLLOW_UP_ATTEMPTED,
        names.FOLLOW_UP_ANSWERED, names.ISSUE_FOLLOWED_UP,
    }
)  # fmt: skip
"""Types of event that tell what a party said, and what its words speak of."""


class Words(NamedTuple):
    """What was said, as it was said: nothing is masked yet. `earlier`: what had been written before, as far as the case
    does not hold it."""

    text: str = ""
    earlier: str = ""


class Heard(NamedTuple):
    """How soon somebody must act by what was said, and who may read it; None: it says nothing of that."""

    urgency: str | None = None
    secrecy: str | None = None


NO_WORDS: Final = Words()


def words_of(command: str, said: Mapping[str, Any], earlier: str = "") -> Words:
    """Return what a party says by a command; nothing where it is no party's."""
    return Words(said.get("text") or said.get("reason") or "", earlier) if command in LISTENED else NO_WORDS


def heard(words: Words, case: Case, pack: Pack, *, resolved: bool = False) -> Heard:
    """Return what the pack's lists make of what is said. Who calls it `resolved` may speak of the danger that was:
    then only another one counts."""
    if not words.text:
        return Heard()
    earlier = "\n".join(filter(None, (words.earlier, *_written(case))))
    return Heard(
        recall.highest(pack.urgency_words, URGENCIES, words.text, earlier, anew=resolved),
        recall.highest(pack.secrecy_words, SECRECIES, words.text, earlier),
    )


def _written(case: Case) -> Iterator[str | None]:
    yield from (case["title"], case["text"], *map(str, (case["answers"] or {}).values()))
    yield from (one["text"] for one in case["supplements"])


def alarming(pack: Pack, words: Words) -> bool:
    """Tell whether what is said speaks by itself of danger to life."""
    return recall.highest(pack.urgency_words, URGENCIES, words.text, "") == ALARM


def raises(case: Case, heard: Heard) -> bool:
    """Tell whether what is said makes any difference to a case as it stands."""
    sooner = heard.urgency is not None and heeded(case, heard.urgency)
    return sooner or (heard.secrecy is not None and _for_fewer(case, heard.secrecy))


def _for_fewer(case: Case, level: str) -> bool:
    return SECRECIES.index(level) > SECRECIES.index(case["secrecy"])


def marked(told: Sequence[Draft], heard: Heard) -> list[Draft]:
    """Have the first event that tells what was said tell, too, what it speaks of: so it is not lost with a store."""
    first = next((n for n, draft in enumerate(told) if draft.type in TELLING), None)
    return [
        Draft(draft.type, {**draft.data, **heard._asdict()}) if n == first else draft for n, draft in enumerate(told)
    ]


def bare(event: Event) -> Event:
    """Return an event without what its words speak of: folds that keep what was said need not know of that."""
    if event.type not in TELLING:
        return event
    return event._replace(data={name: value for name, value in event.data.items() if name not in Heard._fields})


def kept(case: Case, type: str, data: Mapping[str, Any]) -> Change:
    """Return what a case keeps of what an event tells was said: until it has been heeded, in the same write, and no
    longer than it makes a difference."""
    spoken, confided = case.get("spoken"), case.get("confided")
    if type in TELLING:
        number = data["number"] if type == names.ISSUE_SUPPLEMENTED else None
        if urgency := data.get("urgency"):
            spoken = {"urgency": urgency, "supplement": number}
        if secrecy := data.get("secrecy"):
            confided = {"secrecy": secrecy, "supplement": number}
    if spoken and not heeded(case, spoken["urgency"]):
        spoken = None
    if confided and not _for_fewer(case, confided["secrecy"]):
        confided = None
    return {name: value for name, value in (("spoken", spoken), ("confided", confided)) if value or case.get(name)}
