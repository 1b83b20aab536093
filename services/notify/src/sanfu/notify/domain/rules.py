"""Notify's rules, as the machine asks for them: the story and the pack's templates say that somebody is told.

Who that is by name is not asked here: a delivery names a capacity and a unit, and people are looked up when it is
sent. So nothing personal enters a decision, whoever is on duty then is told, and a directory that was not read yet
makes a message wait instead of losing it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.city.model.templates import Template
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, moment
from sanfu.notify.domain import story
from sanfu.notify.domain.delivery import AT_ONCE, NOWHERE, Delivery, delivery_id, end
from sanfu.notify.domain.records import written
from sanfu.notify.domain.wording import LINK_ENDS
from sanfu.runtime.rules import Command, Draft, Input, Insert, Outcome, Refusal, Relay, State

COLLECTION = "deliveries"
RAISED = "raised"
"""Collection of the issues that became emergencies, until what was held of them goes."""
OUTSIDE = ("party", "filer")
NAMED = ("holder", "chair")
"""The one whom an affair names: who holds a list, who leads a meeting."""
NO_LEAD = "no_lead"
"""Why nobody of the unit that leads an issue was told: none does yet."""
STAFF = frozenset({"unit", "officer", "unit_head", "duty_officer", "supervisor", "leader", *NAMED})
SHOWN = (
    "unit", "grade", "category", "town", "clock", "level", "limit", "late_by", "kind", "outcome", "to_role", "user",
    "round", "until", "reply_by", "decide_by", "report_by", "what", "corrected", "meeting", "begins", "list", "about",
    "version",
    *LINK_ENDS,
)  # fmt: skip
"""Of a telling's facts, what a message may need later."""
UNLESS_SAID: Mapping[str, Any] = {"forwarded": False, "sponsored": False, "may_object": False, "by_itself": False}
"""What holds of an issue of which nobody said otherwise."""
REPORTED: Mapping[str, str] = {"sent": names.PARTY_INFORMED, "delivered": names.PARTY_INFORMED}


class NotifyRules:
    """Satisfies `sanfu.runtime.rules.Rules`. `place` says in which partition a subject lies, `first` of which of those
    no notify has ever read."""

    service = story.SERVICE
    knows = story.HEARD | story.OWN
    told = story.TELLING
    of = "issues"

    def __init__(self, pack: Pack, place: Callable[[str], int], first: Callable[[int], bool] = lambda _: False) -> None:
        self.pack, self._place, self._first = pack, place, first
        self._templates: dict[str, dict[str, Template]] = {}
        for template in pack.templates:
            self._templates.setdefault(template.event, {}).setdefault(template.id, template)

    def evolve(self, state: State, event: Event) -> State:
        return story.evolve(state, event)

    def decide(self, state: State, given: Input, now: datetime) -> Sequence[Outcome]:
        if not isinstance(given, Command):
            return ()
        if given.name != "ReportDelivery":
            raise Refusal(404, "unknown-command", f"notify knows no command {given.name}")
        data = given.data
        if state.get("told", {}).get(data["delivery"]) == data["state"]:
            return ()
        if data.get("reason") == NOWHERE and data["recipient"] in state.get("nowhere", ()):
            return ()
        return (Draft(REPORTED.get(data["state"], names.DELIVERY_FAILED), data),)

    def due(self, state: State) -> datetime | None:
        return None

    def relay(self, before: State, after: State, event: Event) -> Sequence[Relay | Insert]:
        recent = after.get("recent", ())
        raised = [self._raised(event.subject, event.id)] if _became_emergency(before, after) else []
        if event.type not in self.told or not recent or recent[-1]["id"] != event.id:
            return raised
        return [*raised, *(_insert(delivery) for delivery in self.tellings(event.subject, recent[-1]))]

    def outstanding(self, state: State, now: datetime) -> Sequence[Outcome]:
        """Tell what nobody reported as told, while it is of use. A delivery that is still there stays as it is. What
        may go out once only counts as lost track of: it may have been sent before; not where nobody ever sent any."""
        told = state.get("told", {})
        missing = [one for each in state.get("recent", ()) for one in self.tellings(_subject(each), each)]
        missing = [one for one in missing if one.id not in told and now <= one.useful_until]
        last = state.get("recent", ())[-1:] if is_emergency(state.get("facts", {})) else ()
        raised = [self._raised(_subject(one), one["id"]) for one in last]  # where the store is older than the story
        return [*raised, *(_insert(one if self._surely_unsent(one) else _lost_track(one, now)) for one in missing)]

    def _surely_unsent(self, delivery: Delivery) -> bool:
        return delivery.policy != "at_most_once" or self._first(delivery.p)

    def _raised(self, subject: str, event: str) -> Insert:
        return Insert(RAISED, {"_id": event, "p": self._place(subject), "subject": subject, "version": 1})

    # ── who is told of one event ─────────────────────────────────────────────────────────────────────────────────────

    def tellings(self, subject: str, telling: story.Telling) -> Iterator[Delivery]:
        """The deliveries that follow from an event, by this pack; also those that end at once, as nobody is told."""
        facts = telling["facts"]
        told = set[tuple[str | None, str, tuple[str, ...], int | None]]()
        for template in self._templates.get(telling["type"], {}).values():
            if self.fits(template, telling):
                found = _addressees(template, facts)
                missing = self._no_lead(template, found)
                untold = _untold(template, facts) or missing
                for unit in [None] if missing or (found and untold == "sealed") else found:
                    one = self._delivery(subject, telling, template, unit)
                    same = (one.recipient, one.medium, one.users, template.day_before)
                    why = untold or ("told_already" if same in told else None)
                    yield one if why is None else end(one, "skipped", why, one.at)
                    told.add(same)

    def _no_lead(self, template: Template, found: Sequence[str | None]) -> str | None:
        """Say that no unit leads the issue, where its people would be told; an affair names whom it asks, or nobody."""
        led = found or self.of != "issues" or template.audience not in STAFF - {*NAMED}
        return None if led else NO_LEAD

    def fits(self, template: Template, telling: story.Telling) -> bool:
        return is_for(template, telling)

    def _delivery(self, subject: str, telling: story.Telling, template: Template, unit: str | None) -> Delivery:
        facts, at = telling["facts"], moment(telling["at"])
        users = _users(template, facts)
        whose = users[0] if template.audience in NAMED else unit
        recipient = f"{template.audience}:{whose}" if whose else template.audience
        contact = facts.get("contact") if template.audience not in STAFF else None
        if template.audience == "party" and "corrected" in facts and not isinstance(contact, int):
            contact = 0  # nothing came in by which it is reached, but somebody wrote it down
        delivery = Delivery(
            id=delivery_id(telling["id"], recipient, template.medium, template.id),
            p=self._place(subject), subject=subject, event=telling["id"], type=telling["type"], at=at, due=at,
            template=template.id, medium=template.medium, audience=template.audience, unit=unit,
            of=self.of, users=users,
            policy=template.delivery, critical=template.urgency == "critical" or is_emergency(facts),
            useful_until=at + timedelta(minutes=template.useful_for),
            facts={name: facts[name] for name in SHOWN if name in facts},
            recipient=_counted(subject, recipient, template),
            contact=contact if isinstance(contact, int) else None,
        )  # fmt: skip
        known = template.audience in STAFF or delivery.contact is not None
        reachable = known or (template.audience == "filer" and "user" in facts)
        return delivery if reachable else end(delivery, "skipped", "no_contact", at)


def _counted(subject: str, recipient: str, template: Template) -> str:
    """For whom it counts: of who is outside, notify knows no more than the issue."""
    return recipient if template.audience in STAFF else f"{recipient}:{subject}"


def _users(template: Template, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom the subject names; of what a leader sponsors that one is told, unless the ladder names others."""
    if template.audience in NAMED:
        return (str(facts[template.audience]),)
    sponsor = facts.get("sponsor") if template.audience == "leader" and "to_unit" not in facts else None
    return (str(sponsor),) if sponsor else ()


def _untold(template: Template, facts: Mapping[str, Any]) -> str | None:
    """Say why nobody is told of what fits a text; None: it is told."""
    if template.audience in STAFF and facts.get("secrecy") == "sealed":
        return "sealed"  # nobody but the discipline liaison hears of it
    if template.audience in NAMED and facts.get(template.audience) == facts.get("did"):
        return "own_deed"
    return "overtaken" if facts.get("skipped") else None  # a light or step, by a redder or higher one


def _addressees(template: Template, facts: Mapping[str, Any]) -> list[str | None]:
    """Units whose people are told; one None for somebody outside of all units."""
    audience = template.audience
    if audience in NAMED:
        return [facts.get("unit")] if facts.get(audience) is not None else []
    if audience in STAFF:
        unit = template.unit or facts.get("to_unit") or facts.get("unit")
        others = facts.get("alarmed", ()) if audience == "duty_officer" else ()
        if template.unit is None:
            others = (*others, *facts.get("asked", ()))
        return [*dict.fromkeys(one for one in (unit, *others) if one)]
    if audience == "filer":
        return [None] if facts.get("filer") else []
    return [None] if facts.get("party_kind", "none") != "none" else []


def is_for(template: Template, telling: story.Telling) -> bool:
    """Tell whether a text is for what is told here."""
    facts = {**UNLESS_SAID, **telling["facts"]}
    return all(facts.get(name) in allowed for name, allowed in template.where.items())


def is_emergency(facts: Mapping[str, Any]) -> bool:
    """Tell whether what is told of this issue is critical, whatever its text says of itself."""
    return facts.get("urgency") == "emergency"


def _became_emergency(before: State, after: State) -> bool:
    """Tell whether something of it may be held, as of no emergency."""
    return "facts" in before and is_emergency(after.get("facts", {})) and not is_emergency(before["facts"])


def _subject(telling: story.Telling) -> str:
    """An event's id is `<service>:<subject>:<sequence>`."""
    whole: str = telling["id"]
    return whole.partition(":")[2].rpartition(":")[0]


def _lost_track(delivery: Delivery, now: datetime) -> Delivery:
    return replace(end(delivery, "unknown", "rebuilt", AT_ONCE), ended=now) if delivery.is_open else delivery


def _insert(delivery: Delivery) -> Insert:
    return Insert(COLLECTION, written(delivery))
