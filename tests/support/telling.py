"""What notify's tests tell it: events of an issue, contacts, the directory; and providers that do as they are told."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import to_headers
from sanfu.notify.domain.delivery import Outcome, Sent
from sanfu.notify.ports import Message
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.sealing import Keys, Sealer

START = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
"""10:00 in the city of the shipped pack."""
KEYS = Keys("k1", {"k1": b"k" * 32}, b"i" * 32)
BY = {"id": "system", "role": "system"}


@dataclass
class Story:
    """Makes the events of one issue, each source counting for itself."""

    issue: str
    counts: dict[str, int] = field(default_factory=dict)

    def tell(self, source: str, type: str, data: Mapping[str, Any], at: datetime = START) -> Event:
        self.counts[source] = number = self.counts.get(source, 0) + 1
        whole = codec.decode(type, orjson.dumps(data))
        return Event(event_id(source, self.issue, number), type, source, self.issue, number, at, whole)

    def submitted(self, at: datetime = START, **more: Any) -> Event:
        body = {
            "receipt": "SF7K2-9MQ4X", "channel": "web", "reported_at": "2026-05-06T02:00:00.000Z",
            "audience": "resident", "kind": "issue", "urgency": "normal", "secrecy": "open", "party_kind": "person",
            "contact": 1, "title": "路灯不亮", "text": "路灯不亮", "place": {"town": "choucheng"}, "pack": "p", **more,
        }  # fmt: skip
        return self.tell("intake", names.ISSUE_SUBMITTED, body, at)

    def assigned(self, unit: str = "tax", at: datetime = START, **more: Any) -> Event:
        body = {
            "unit": unit, "grade": "complex", "urgency": "normal", "audience": "resident",
            "assignment": 1, "decided_by": "rule", "reason": "r", "pack": "p", **more,
        }  # fmt: skip
        return self.tell("router", names.ISSUE_ASSIGNED, body, at)

    def deadline(self, unit: str = "tax", limit: str = "2026-05-09T09:30:00.000Z", **more: Any) -> Event:
        body = {
            "clock": "unit_handling", "version": 1, "round": 1, "unit": unit, "limit": limit,
            "starts": "2026-05-06T02:00:00.000Z", "pack": "p", **more,
        }  # fmt: skip
        return self.tell("sla", names.DEADLINE_SET, body)

    def light(self, level: str, unit: str = "tax", at: datetime = START, **more: Any) -> Event:
        body = {
            "clock": "unit_handling", "version": 1, "round": 1, "unit": unit, "limit": "2026-05-09T09:30:00.000Z",
            "level": level, "reason": "yellow_due" if level == "yellow" else "limit_passed", **more,
        }  # fmt: skip
        return self.tell("sla", names.LIGHT_CHANGED, body, at)

    def closed(self, at: datetime = START, **more: Any) -> Event:
        return self.tell("desk", names.ISSUE_CLOSED, {"by": BY, "kind": "resolved", **more}, at)


def on_the_wire(event: Event, topic: str = names.ISSUES) -> Outgoing:
    return Outgoing(topic, event.subject, codec.encode(event.type, event.data), to_headers(event))


def contact(issue: str, version: int = 1, *, writer: str = "intake", **parts: Mapping[str, Any]) -> Outgoing:
    """A contact's record; `parts` are what is in the boxes of party and filer."""
    sealer, body = Sealer(KEYS), {"issue": issue, "writer": writer, "version": version}
    boxes = {}
    for part, inside in parts.items():
        sealed = sealer.seal(orjson.dumps(inside), f"{issue}/{writer}/{part}".encode()).written()
        boxes[part] = {"key": sealed["key_id"], "nonce": sealed["nonce"], "sealed": sealed["box"]}
    return Outgoing(names.CONTACTS, f"{issue}/{writer}", codec.encode(names.CONTACT_RECORD, body | boxes), [])


def erased(issue: str, writer: str = "intake") -> Outgoing:
    return Outgoing(names.CONTACTS, f"{issue}/{writer}", None, [])


def unit(code: str, **more: Any) -> Outgoing:
    body = {
        "what": "unit", "code": code, "version": 1, "names": {"zh": code, "en": code}, "kind": "department",
        "duty_phone": f"000-{code}", "mailbox": f"{code}@city.example", "as_of": "2026-01-01T00:00:00.000Z", **more,
    }  # fmt: skip
    return _directory(f"unit:{code}", body)


def user(code: str, of: str, role: str, **more: Any) -> Outgoing:
    body = {
        "what": "user", "code": code, "version": 1, "name": code, "unit": of, "roles": [role], "locale": "zh",
        "reach": {"sms": f"138-{code}", "email": f"{code}@city.example"}, "active": True,
        "as_of": "2026-01-01T00:00:00.000Z", **more,
    }  # fmt: skip
    return _directory(f"user:{code}", body)


def _directory(key: str, body: Mapping[str, Any]) -> Outgoing:
    return Outgoing(names.DIRECTORY, key, codec.encode(names.DIRECTORY_RECORD, body), [])


@dataclass
class ScriptedSender:
    """Answers as scripted, one after the other, then takes everything; keeps what it was given."""

    script: deque[Outcome] = field(default_factory=deque)
    got: list[Message] = field(default_factory=list)
    width: int = 8
    closed: bool = False

    async def send(self, message: Message) -> Outcome:
        self.got.append(message)
        return self.script.popleft() if self.script else Sent("p1")

    async def close(self) -> None:
        self.closed = True

    def texts(self) -> list[tuple[str, str]]:
        return sorted((one.to, one.text) for one in self.got)
