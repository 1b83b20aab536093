"""What intake does with a report, and how it follows the issue's story for the receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import Event, instant
from sanfu.contracts.names import ISSUE_SUBMITTED
from sanfu.intake.domain import admission, contact, nearby, progress, public, submission, supplements
from sanfu.runtime.rules import Command, Draft, Input, Insert, Outcome, Publish, Refusal, Relay, State

CONTACTS = "contacts"
"""Collection of records: who is concerned, sealed. Primary: a rebuild leaves it alone."""
FIRST = 1
"""Version of the contact record that comes with a submission."""


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """`runtime.rules.Rules` of intake, with the pack it decides by.

    Commands: `SubmitIssue {report, channel, client, receipt, boxes, blind}`: the report as the API's model has it,
    boxes sealed and blind indexes made for party and filer, a box for the original in any case (dropped where the text
    needed no masking). `Supplement {issue, said, earlier, people, rest}`: what is added, to which words, whom it must
    not name, and how it would rest with the contact. `TellContact {issue, version, boxes}`: tell the contact as it
    rests by now; without boxes, a tombstone.
    """

    pack: Pack
    service: str = "intake"
    knows: frozenset[str] = frozenset({ISSUE_SUBMITTED, *progress.KNOWN, *public.FURTHER})

    def evolve(self, state: State, event: Event) -> State:
        if event.type != ISSUE_SUBMITTED:
            moved = state if event.type in public.FURTHER else progress.moved(state, event)
            return nearby.followed(public.followed(state, moved, event), event)
        received = instant(event.time)
        return {
            "submission": event.data,
            "receipt": event.data["receipt"],
            "urgency": event.data["urgency"],
            "secrecy": event.data["secrecy"],
            "received_at": received,
            "state": "submitted",
            "dates": {"submitted": received},
            "public": public.begun(event.data, received),
        }

    def decide(self, state: State, given: Input, now: datetime) -> Sequence[Outcome]:
        match given:
            case Command("SubmitIssue", data):
                return self._submit(state, data, now)
            case Command("Supplement", data):
                if not state:
                    raise Refusal(404, "no-such-issue", "There is no such issue.")
                return supplements.told(state, data, now, self.pack)
            case Command("TellContact", data):
                return [_resting(data["issue"], data, now)]
            case Command(name):
                raise Refusal(422, "unknown-command", f"intake knows no command {name}")
            case _:
                return []

    def due(self, state: State) -> datetime | None:
        return None

    def relay(self, before: State, after: State, event: Event) -> Sequence[Relay | Insert]:
        return []

    def outstanding(self, state: State, now: datetime) -> Sequence[Draft]:
        return []

    def _submit(self, state: State, data: Mapping[str, Any], now: datetime) -> Sequence[Outcome]:
        if state:
            raise Refusal(409, "already-submitted", "there is an issue under this id, received under another key")
        report, issue = data["report"], data["issue"]
        channel = self.pack.channels.get(data["channel"])
        if channel is None:
            raise refused([admission.Fault("channel", "not_allowed", admission.one_of(self.pack.channels))])
        if wrong := list(admission.faults(report, channel, self.pack, now)):
            raise refused(wrong)
        drafted = submission.drafted(report, channel, self.pack, now)
        boxes = {name: box for name, box in data["boxes"].items() if drafted.altered or name != "original"}
        whose = [name for name in ("party", "filer") if name in boxes] + ["guardian"] * bool(report["guardian"])
        told = {**drafted.data, "receipt": data["receipt"], "contact": FIRST if boxes else "none", "contact_of": whose}
        told["client"] = data.get("client")
        event = Draft(ISSUE_SUBMITTED, told)
        if not boxes:
            return [event]
        kept = {"_id": issue, "version": FIRST, "boxes": boxes, **data["blind"]}
        return [contact.record(issue, FIRST, boxes, now), event, Insert(CONTACTS, kept)]


def refused(wrong: Sequence[admission.Fault]) -> Refusal:
    names = ", ".join(fault.shown()["field"] for fault in wrong)
    return Refusal(422, "invalid-input", f"Not as it should be: {names}.", errors=[fault.shown() for fault in wrong])


def _resting(issue: str, data: Mapping[str, Any], now: datetime) -> Publish:
    if boxes := data["boxes"]:
        return contact.record(issue, data["version"], boxes, now)
    return contact.tombstone(issue, data["version"], now)
