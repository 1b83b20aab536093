"""One message to one recipient by one medium, and its states. Pure.

queued → sending → sent, or back to queued for another try, or to the end: failed, skipped, unknown. Held waits for
something. `sending` is on disk before the provider is called, so after a crash the policy decides: at most once says
that nobody knows, at least once sends again.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sanfu.contracts.envelope import moment

DeliveryState = Literal["queued", "held", "sending", "sent", "delivered", "failed", "skipped", "unknown"]
DIGEST = "digest"
"""Template and type of a list."""
OPEN: tuple[DeliveryState, ...] = ("queued", "held", "sending")
HEARD: tuple[DeliveryState, ...] = ("sending", "sent", "delivered", "unknown")
"""Its recipient has it, may have it, or is just being given it."""

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds before the second try, doubled for each further one; and the most: a provider that is back is found soon."""
LONGEST_OF_ALARMS = 60.0
"""The most for what is critical: it leaves soon after its provider is back, not behind all that was never tried. Half
the time longer than a provider rests, so that one which no provider takes is not all that each is ever tried with."""
MOST_TRIES = 300
"""A day's worth at the longest pause: the end where the business clock stands still and nothing grows stale."""
FIRST_LOOK, LONGEST_LOOK = 0.25, 15.0
"""Seconds between two looks for what a held delivery waits for, as tries above."""
PATIENCE: Mapping[str, timedelta] = {
    "deadline": timedelta(minutes=10), "directory": timedelta(minutes=10), "nobody": timedelta(seconds=10),
    "nowhere": timedelta(seconds=10),
}  # fmt: skip
"""How long to wait for what (real time); for anything else as long as the message is of use."""
GAVE_UP = "gave_up"
NOWHERE = "nowhere"
"""Who is to be told is known, and has no address of any medium: the story hears it once of an issue and recipient."""
RINGS = ("sms",)
"""Media by which a duty phone rings."""
TRACES = ("provider_id", "reached")
"""By what a delivery's recipient would be known."""
UNREMARKABLE = frozenset(
    {
        "no_contact", "no_address", "no_recipient", "no_lead", "told_already", "stopped", "sealed", "overtaken",
        "pause_untold", "own_deed", "too_late",
    }
)  # fmt: skip
"""Reasons for not sending that are no news to the issue's story: there was nowhere to send it, or it says so itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`due`, `left` (when it was handed over; `left_before`: and before this try) and `useful_until` are business
    time; `again` (not before; while sending: the lease), `waits_since` and `report_at` real time. `users` are fixed
    when it is first sent: it goes to the first one, and each other gets a delivery of its own. `recipient` is whom it
    counts for: a unit's people in one capacity, or an issue's party; None for the copies to further people. `digest`
    is the one that it is held for, or went with. One that an operator sent again names which, and why. It holds no
    address and no text: `reached` is the blind index of where it went, `provider` has it or was silent. Where it is
    `erased` no store writes by what its recipient would be known, whoever still had that in hand (`TRACES`).
    `instead`: for the place of those on duty, see `in_place`."""

    id: str
    p: int
    subject: str
    event: str
    type: str
    at: datetime
    template: str
    medium: str
    audience: str
    unit: str | None
    policy: str
    critical: bool
    useful_until: datetime
    facts: Mapping[str, Any]
    contact: int | None = None
    users: tuple[str, ...] = ()
    state: DeliveryState = "queued"
    why: str | None = None
    ver: int = 1
    tries: int = 0
    due: datetime | None = None
    again: datetime | None = AT_ONCE
    waits_since: datetime | None = None
    looks: int = 0
    reached: str | None = None
    provider: str | None = None
    provider_id: str | None = None
    of: str = "issues"
    recipient: str | None = None
    digest: str | None = None
    left: datetime | None = None
    left_before: datetime | None = None
    again_of: str | None = None
    because: str | None = None
    ended: datetime | None = None
    report_at: datetime | None = None
    erased: bool | None = None
    instead: bool | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def for_place(self) -> bool:
        """Tell whether it goes in place of people on duty; a copy of it for one of those in their place does not."""
        return bool(self.instead) and not self.users

    @property
    def is_unheard(self) -> bool:
        """Tell whether an emergency rang nowhere: neither with who is on duty nor in their place."""
        if not self.critical or self.audience != "duty_officer":
            return False
        given_up = self.state == "skipped" and self.why not in UNREMARKABLE
        over = given_up or (self.state == "failed" and bool(self.users))
        in_vain = self.rings and self.state == "failed" and f"{self.why}".startswith(GAVE_UP)
        return self.why == NOWHERE or in_vain or (bool(self.instead) and over)

    @property
    def rings(self) -> bool:
        """Tell whether it rings with who is on duty: something further does in its place, should nobody take it."""
        return self.critical and self.audience == "duty_officer" and self.medium in RINGS

    @property
    def begins(self) -> datetime | None:
        """When what it announces begins; None: it announces nothing."""
        begins = moment(str(self.facts["begins"])) if "begins" in self.facts else None
        return begins if begins is not None and begins > self.at else None


About = Literal["provider", "pace", "message"]


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider has it, under this id of its own. `note`: what should be known about it."""

    provider_id: str | None = None
    provider: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """It surely was not taken, and may be if tried again; by this provider not before `after` seconds, if it said so.

    `about`: whether the provider is in trouble, whatever the message; or is well, but was given too much; or would not
    have this one message now. Of the first two another provider may make up for it, of the third for an emergency
    only; and only the third is for the message itself to wait for.
    """

    why: str
    after: float = 0.0
    counts: bool = True
    """False: it was not even begun."""
    about: About = "provider"


@dataclass(frozen=True, slots=True)
class Rejected:
    """It will never be taken. The reason is a code, never an address. `elsewhere`: by this provider; another may.
    `dead`: because there is nobody at this address, whatever is sent there."""

    reason: str
    elsewhere: bool = False
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """It was handed over and no answer came: nobody knows whether it was taken."""

    why: str
    provider: str | None = None


Outcome = Sent | Retry | Rejected | Lost


def delivery_id(event: str, recipient: str, medium: str, template: str) -> str:
    """The same for the same message to the same recipient about the same event, so that a replay makes no second."""
    return hashlib.sha256("\n".join((event, recipient, medium, template)).encode()).hexdigest()[:32]


def fresh(delivery: Delivery) -> Delivery:
    """One like it, as it stands before anything is sent; it counts for nobody's cap."""
    again: Delivery = replace(
        delivery, state="queued", why=None, ver=1, tries=0, due=delivery.at, again=AT_ONCE, waits_since=None, looks=0,
        reached=None, provider=None, provider_id=None, ended=None, report_at=None, recipient=None, left=None,
        left_before=None, digest=None,
    )  # fmt: skip
    return again


def further(delivery: Delivery) -> list[Delivery]:
    """The deliveries to the users after the first, each as it stood before anything was sent."""
    copy = fresh(delivery)
    return [replace(copy, id=_copy_id(delivery, delivery.id, user), users=(user,)) for user in delivery.users[1:]]


def _copy_id(delivery: Delivery, first: str, user: str) -> str:
    return delivery_id(delivery.event, f"{user} of {first}", delivery.medium, delivery.template)


def to_all_of(delivery: Delivery, users: Sequence[str]) -> list[str]:
    """Name the deliveries by which a unit's people in this capacity are told of it, whoever of these is the first."""
    first = delivery_id(delivery.event, f"{delivery.audience}:{delivery.unit}", delivery.medium, delivery.template)
    return [first, *(_copy_id(delivery, first, user) for user in users)]


def in_place_after(delivery: Delivery, outcome: Outcome) -> Delivery | None:
    """What follows an outcome, `in_place`: where nobody was at the address, or what rings was taken by nobody, or waits
    because its number is given no more for now."""
    match outcome:
        case Rejected(dead=True):
            return in_place(delivery)
        case Rejected() if delivery.rings:
            return in_place(delivery, "no provider took it")
        case Retry(_, after, about="message") if delivery.rings and after >= LONGEST_OF_ALARMS:
            return in_place(delivery, "its number is given no more for a while")
        case _:
            return None


def in_place(delivery: Delivery, because: str = "nobody at this address") -> Delivery | None:
    """What follows where a duty officer was not reached: one for the place of those who are on duty, should it be so
    with all of them; None: nobody further is in that place."""
    if delivery.audience != "duty_officer" or (delivery.instead and delivery.users):
        return None
    id = _place_id(delivery, delivery.id)
    return replace(fresh(delivery), id=id, users=(), again_of=delivery.id, because=because, instead=True)


def goes_in_place_of(delivery: Delivery) -> str | None:
    """Name the delivery in whose place it goes; None: in nobody's, or an operator sends it once more."""
    above = delivery.again_of
    return above if above is not None and delivery.id == _place_id(delivery, above) else None


def _place_id(delivery: Delivery, above: str) -> str:
    return delivery_id(delivery.event, f"in place of {above}", delivery.medium, delivery.template)


# ── before it is sent ────────────────────────────────────────────────────────────────────────────────────────────────


def recovered(delivery: Delivery, real: datetime) -> Delivery:
    """What becomes of one whose lease ran out while it was being sent: whoever sent it crashed, or hangs."""
    if delivery.state != "sending":
        return delivery
    if delivery.policy == "at_most_once":
        return end(delivery, "unknown", "crashed_while_sending", real)
    return replace(delivery, state="queued", why="crashed_while_sending")


def stale(delivery: Delivery, now: datetime, real: datetime) -> Delivery:
    """End it if it is of no use any more, else leave it."""
    if now <= delivery.useful_until and delivery.tries < MOST_TRIES:
        return delivery
    if delivery.tries:
        return end(delivery, "failed", f"{GAVE_UP}: {delivery.why}", real)
    return end(delivery, "skipped", f"stale: {delivery.why}" if delivery.state == "held" else "stale", real)


def wait(delivery: Delivery, why: str, real: datetime) -> Delivery:
    """Hold it until another look. The pauses grow."""
    looks = delivery.looks + 1 if delivery.state == "held" and delivery.why == why else 0
    since = delivery.waits_since if looks else real
    pause = timedelta(seconds=min(FIRST_LOOK * 2 ** min(looks, 10), LONGEST_LOOK))
    return _moved(delivery, state="held", why=why, waits_since=since, looks=looks, again=real + pause)


def hold(delivery: Delivery, why: str, until: datetime, *, now: datetime, digest: str | None = None) -> Delivery:
    """Hold it until an instant of business time; it is of use as much longer, yet not once what it announces has
    begun. A digest goes before what it takes."""
    again = AT_ONCE if digest is None else AT_ONCE + timedelta(milliseconds=1)
    longer, begins = delivery.useful_until + (until - now), delivery.begins
    return _moved(
        delivery, state="held", why=why, due=until, again=again, waits_since=None, looks=0, digest=digest,
        useful_until=longer if begins is None else min(longer, begins),
    )  # fmt: skip


def released(delivery: Delivery) -> Delivery:
    """Let one go that a digest took and does not tell: it is decided about anew."""
    return _moved(delivery, state="queued", why=None, digest=None, again=AT_ONCE)


def after_its_digest(delivery: Delivery, real: datetime) -> Delivery:
    """Let it wait until its digest, which is due, has taken it."""
    return _moved(delivery, again=real + timedelta(seconds=LONGEST_LOOK))


def waited_enough(delivery: Delivery, why: str, real: datetime) -> bool:
    """Tell whether it has waited for this as long as it may."""
    if delivery.state != "held" or delivery.why != why or delivery.waits_since is None or why not in PATIENCE:
        return False
    return real - delivery.waits_since >= PATIENCE[why]


def claim(
    delivery: Delivery, users: tuple[str, ...], until: datetime, now: datetime | None = None, reached: str | None = None
) -> Delivery:
    """Take it in hand, until the end of the lease (real time). From `now` (business time) on it counts as sent."""
    return _moved(
        delivery, state="sending", why=None, tries=delivery.tries + 1, users=users, again=until, waits_since=None,
        looks=0, left=now, left_before=delivery.left, reached=reached,
    )  # fmt: skip


def leased(delivery: Delivery, until: datetime) -> Delivery:
    """Have the lease of one that is taken in hand end then: what a page needs to be decided about takes nothing off."""
    return _moved(delivery, again=until) if delivery.state == "sending" else delivery


# ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────────────


def settle(delivery: Delivery, outcome: Outcome, real: datetime) -> Delivery:
    """What becomes of one that was being sent."""
    match outcome:
        case Sent(provider_id, provider, note):
            return replace(end(delivery, "sent", note, real), provider_id=provider_id, provider=provider)
        case Rejected(reason):
            return end(delivery, "failed", reason, real)
        case Lost(why, provider) if delivery.policy == "at_most_once":
            return replace(end(delivery, "unknown", why, real), provider=provider)
        case Lost(why, provider):
            return replace(_again(delivery, why, 0.0, real), provider=provider)
        case Retry(why, after, counts, about):
            back = delivery if counts else replace(delivery, tries=delivery.tries - 1)
            return _again(back, why, after if about == "message" else min(after, _longest(back)), real)


def nothing_left(delivery: Delivery, outcome: Outcome) -> bool:
    """Tell whether this try was as none for whom it counts: it surely was not taken, which was not about its recipient
    or its words. Where an alarm's list goes it has begun to go, whatever comes of the first try."""
    if not isinstance(outcome, Retry) or outcome.about == "message" or delivery.recipient is None:
        return False
    return not (delivery.critical and delivery.template == DIGEST)


def taken_back(delivery: Delivery) -> Delivery:
    """Let it count as it did before the try, to be decided about anew: an outage must not begin ten minutes in which
    all else waits for a list. Who is told is fixed already where somebody may have it, or by an alarm's copies."""
    users = delivery.users if delivery.critical or delivery.left_before is not None else ()
    return _moved(delivery, left=delivery.left_before, left_before=None, users=users)


def end(delivery: Delivery, state: DeliveryState, why: str | None, real: datetime) -> Delivery:
    """Close it; the story hears of it, unless there simply was nowhere to send it. What is on record of a sealed issue
    says neither of whom nor of what."""
    report_at = None if why in UNREMARKABLE else real
    bare: dict[str, Any] = {"unit": None, "users": (), "recipient": None, "facts": {}} if why == "sealed" else {}
    return _moved(
        delivery, state=state, why=why, due=None, again=None, waits_since=None, ended=real, report_at=report_at, **bare
    )


def pause(delivery: Delivery) -> float:
    """Seconds before the next try: doubling, and spread by the id over half to one and a half of that, so that a
    provider that comes back is not met by all at the same instant."""
    plain = min(FIRST_PAUSE * 2.0 ** min(max(delivery.tries - 1, 0), 20), _longest(delivery))
    spread = hashlib.sha256(f"{delivery.id}:{delivery.tries}".encode()).digest()[0] / 255
    return float(plain * (0.5 + spread))


def _longest(delivery: Delivery) -> float:
    return LONGEST_OF_ALARMS if delivery.critical else LONGEST_PAUSE


def _again(delivery: Delivery, why: str, after: float, real: datetime) -> Delivery:
    seconds = max(after, pause(delivery))
    return _moved(delivery, state="queued", why=why, again=real + timedelta(seconds=seconds))


def _moved(delivery: Delivery, **changes: Any) -> Delivery:
    moved: Delivery = replace(delivery, **changes)
    return moved
