"""The directory topic: the pack's units and staff, published whenever they change. No credentials are in it.

Each record is a document of desk's own first, with a mark that it still has to be sent; then it is published until
the broker has acknowledged it, and only then the mark goes. That is an outbox with one entry per key, and it can't
lose a change: a crash anywhere leaves the mark. It may repeat one, which a reader of versions ignores. The version is
the business clock's millisecond of the change, or one more than the last: so it also rises when desk has lost its
database. Every process may do this: they write the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from sanfu.city.model import Pack, Staff, Unit
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import to_headers
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document, Shelf
from sanfu.runtime.again import again
from sanfu.runtime.broker import Broker, Outgoing

log = structlog.get_logger()

LOOK_EVERY = 5.0
"""Seconds between two looks: a new liaison may wait that long for his first message."""
_STAMP = {"version": None, "as_of": None}


@dataclass(slots=True)
class Directory:
    """Keeps the topic as the pack is. `run` never ends."""

    desk: Desk
    broker: Broker
    _done: "Due | None" = None

    async def run(self) -> None:
        await again(self.settle, LOOK_EVERY, "directory_waits")

    async def settle(self) -> None:
        """Bring the topic up to the pack in use. Raises StoreDown; what was not taken goes next time."""
        pack = self.desk.city.pack
        now = self.desk.clock.now()
        if self._done == (due := _due(pack, now)):
            return
        shelf = self.desk.shelves.directory
        wanted = records(pack, pack.day(now))
        while fresh := changed(wanted, await shelf.all(), now):  # again, if another process wrote in between
            await shelf.put(fresh)
        if await self._send(shelf):
            self._done = due
            log.info("directory_published", pack=pack.version)

    async def unsent(self) -> int:
        """How many records have still to go; at least one until this process has settled the pack in use."""
        if self._done == _due(self.desk.city.pack, self.desk.clock.now()):
            return 0
        unsent = [document for document in await self.desk.shelves.directory.all() if document["unsent"]]
        return max(1, len(unsent))

    async def _send(self, shelf: Shelf) -> bool:
        waiting = [document for document in await shelf.all() if document["unsent"]]
        answers = await self.broker.publish([_outgoing(document) for document in waiting])
        sent = [document for document, ok in zip(waiting, answers, strict=True) if ok]
        await shelf.put([{**document, "version": document["version"] + 1, "unsent": False} for document in sent])
        return len(sent) == len(waiting)


Due = tuple[str, tuple[str, ...]]


def _due(pack: Pack, now: datetime) -> Due:
    """Name what the topic has to show: a pack, and which of its units there are today. An ordinary day changes
    nothing."""
    day = pack.day(now)
    return pack.version, tuple(unit.code for unit in pack.units.values() if not unit.valid_on(day))


def records(pack: Pack, day: Any) -> dict[str, dict[str, Any]]:
    """Return all records of a pack by key, as yet without version and instant."""
    units = {f"unit:{unit.code}": _unit(unit, unit.valid_on(day)) for unit in pack.units.values()}
    return units | {f"user:{person.id}": _user(person) for person in pack.staff.values()}


def changed(wanted: Mapping[str, dict[str, Any]], known: list[Document], now: datetime) -> list[Document]:
    """Return the documents to write: what is new or different, and what the pack no longer has, made inactive."""
    before = {document["_id"]: document for document in known}
    gone = {key: {**document["record"], "active": False} for key, document in before.items() if key not in wanted}
    fresh = []
    for key, record in {**wanted, **gone}.items():
        was = before.get(key)
        if was is None or {**was["record"], **_STAMP} != {**record, **_STAMP}:
            version = max(int(now.timestamp() * 1000), was["record"]["version"] + 1 if was else 1)
            body = {**record, "version": version, "as_of": instant(now)}
            fresh.append({"_id": key, "version": was["version"] + 1 if was else 1, "unsent": True, "record": body})
    return fresh


def _outgoing(document: Document) -> Outgoing:
    key, record = document["_id"], document["record"]
    version = record["version"]
    time = datetime.fromisoformat(record["as_of"]).astimezone(UTC)
    event = Event(f"desk:{key}:{version}", names.DIRECTORY_RECORD, "desk", key, version, time, record)
    return Outgoing(names.DIRECTORY, key, codec.encode(names.DIRECTORY_RECORD, record), to_headers(event))


def _unit(unit: Unit, active: bool) -> dict[str, Any]:
    return {
        "what": "unit", "code": unit.code, "names": {"zh": unit.name_zh, "en": unit.name_en}, "kind": unit.kind,
        "parent": unit.parent, "duty_phone": unit.duty_phone, "mailbox": unit.mailbox,
        "succeeded_by": unit.succeeded_by, "active": active,
    }  # fmt: skip


def _user(person: Staff) -> dict[str, Any]:
    return {
        "what": "user", "code": person.id, "name": person.name, "unit": person.unit, "roles": list(person.roles),
        "reach": {"sms": person.phone or None, "email": person.email or None}, "locale": person.locale,
        "active": person.active,
    }  # fmt: skip
