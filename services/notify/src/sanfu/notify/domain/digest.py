"""A list: several held messages to one recipient by one medium, sent as one. Pure.

It is a document `digest:<recipient>:<medium>:<end of its window>`, put there when the first message is held for it. At
that end it takes what is held for it, is sent as one, and marks what it took.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sanfu.city.model.pack import Pack
from sanfu.city.segments import fits
from sanfu.notify.domain.approved import variables
from sanfu.notify.domain.delivery import AT_ONCE, DIGEST, Delivery
from sanfu.notify.domain.rules import STAFF
from sanfu.notify.domain.wording import Text

USEFUL = timedelta(hours=24)
SHOWN = 100
"""Messages that are read for one list; an SMS shows fewer."""
SIFTED = 1000
"""Messages that are looked at for one list of somebody outside: each is asked anew where it goes."""
SEGMENTS = 3
"""SMS that a list may take."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a list took: how many, and the first of them."""

    count: int
    first: Sequence[Delivery]


def digest_id(recipient: str, medium: str, until: datetime) -> str:
    return f"digest:{recipient}:{medium}:{int(until.timestamp() * 1000)}"


def outside_id(reached: str, medium: str, until: datetime) -> str:
    """The list of one address of somebody outside. Its id says nothing of the address: not even that two are its."""
    told = hashlib.sha256(f"{reached}\n{medium}\n{until.timestamp()}".encode()).hexdigest()[:32]
    return digest_id(f"party:{told}", medium, until)


def is_digest(one: Delivery) -> bool:
    return one.template == DIGEST


def may_be_joined(digest: Delivery, now: datetime) -> bool:
    """Tell whether a list that stands open is due and was not tried yet: one that was may be what no provider takes,
    and must keep nothing back."""
    return digest.tries == 0 and digest.due is not None and digest.due <= now


def is_outside(digest: Delivery) -> bool:
    """Tell whether a list is for an address outside, which several issues' parties and filers may have in common."""
    return digest.audience not in STAFF


def opened(member: Delivery, place: Callable[[str], int], reached: str | None = None) -> Delivery:
    """Make the list that a message is held for. `reached`: what stands for the address, of somebody outside. Such a
    list goes out once at most, as messages to parties do."""
    assert member.digest is not None and member.due is not None  # noqa: S101 (who is held for one says so)
    id, at = member.digest, member.due
    made = Delivery(
        id=id, p=place(id), subject=id, event=id, type=DIGEST, at=at, due=at, useful_until=at + USEFUL, template=DIGEST,
        medium=member.medium, audience=member.audience, unit=member.unit, policy="at_least_once", critical=False,
        facts={}, recipient=member.recipient, state="held", why="window", again=AT_ONCE,
    )  # fmt: skip
    if not is_outside(made):
        return made
    return replace(made, audience="party", recipient=id, policy="at_most_once", reached=reached)


def listed(pack: Pack, locale: str, digest: Delivery, count: int, lines: Sequence[str]) -> Text:
    """Write the list: each line that finds room, and how many did not."""
    medium = digest.medium
    words = (pack.decency.outside if is_outside(digest) else pack.decency.lists).get(locale)
    told = {"city": pack.name[locale], "count": count}
    head = words.head.format_map(told) if words else f"{pack.name[locale]}: {count}"
    subject = words.subject.format_map(told) if words else head

    def whole(shown: int) -> str:
        left = count - shown
        rest = [words.more.format_map({"more": left}) if words else f"+{left}"] if left else []
        return "\n".join([head, *lines[:shown], *rest])

    shown = len(lines)
    while medium != "email" and shown and not fits(whole(shown), SEGMENTS):
        shown -= 1
    approved = dict(words.approved) if words and medium == "sms" else {}
    values = variables(words.head, {name: str(value) for name, value in told.items()}) if words and approved else {}
    return Text(subject if medium == "email" else None, whole(shown), approved, values)


def why_of(digest: Delivery) -> str:
    """What is said of a message that went, or did not go, with a list."""
    return "digest" if digest.why is None else f"digest: {digest.why}"
