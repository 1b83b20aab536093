"""The directory topic: the city's units and people, published whenever they change. No credentials are in it.

Each record is a document of desk's own first, with a mark that it still has to be sent; then it is published until
the broker has acknowledged it, and only then the mark goes. That is an outbox with one entry per key, and it can't
lose a change: a crash anywhere leaves the mark. It may repeat one, which a reader of versions ignores. The version is
the business clock's millisecond of the change, or one more than the last: so it also rises when desk has lost its
database. Every process may do this: they write the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import structlog

from sanfu.city.model.pack import Pack
from sanfu.city.model.who import Unit
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import to_headers
from sanfu.desk.domain.accounts import PERSON, Account, boundaries, days, everybody, posts
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
    """Keeps the topic as the pack and the accounts are. `run` never ends."""

    desk: Desk
    broker: Broker
    _done: "Records | None" = None
    _settled: "Mark | None" = None

    async def run(self) -> None:
        await again(self.settle, LOOK_EVERY, "directory_waits", self.desk.accounts.changed)

    async def settle(self) -> None:
        """Bring the topic up to the pack and the accounts. Raises StoreDown; what was not taken goes next time."""
        now = self.desk.clock.now()
        mark, (wanted, until) = self._mark(now), await self._wanted(now)
        if self._done == wanted:
            self._settled = replace(mark, until=until)
            return
        shelf = self.desk.shelves.directory
        while fresh := changed(wanted, await shelf.all(), now):  # again, if another process wrote in between
            await shelf.put(fresh)
        if await self._send(shelf):
            self._done, self._settled = wanted, replace(mark, until=until)
            log.info("directory_published", pack=self.desk.city.pack.version)

    async def unsent(self) -> int:
        """How many records have still to go; at least one until this process has settled what there is now."""
        now = self.desk.clock.now()
        if self._settled and self._settled.holds(self._mark(now), now):
            return 0
        unsent = [document for document in await self.desk.shelves.directory.all() if document["unsent"]]
        return max(1, len(unsent))

    def _mark(self, now: datetime) -> "Mark":
        pack = self.desk.city.pack
        gone = tuple(unit.code for unit in pack.units.values() if not unit.valid_on(pack.day(now)))
        return Mark(pack.version, gone, self.desk.accounts.changes)

    async def _wanted(self, now: datetime) -> "tuple[Records, datetime | None]":
        """Return what the topic has to show, and until when."""
        accounts = {record["_id"]: record for record in await self.desk.shelves.users.all()}
        pack = self.desk.city.pack
        ends = chain(days(pack), *(boundaries(record) for record in accounts.values()))
        return records(pack, accounts, now), min((at for at in ends if at > now), default=None)

    async def _send(self, shelf: Shelf) -> bool:
        waiting = [document for document in await shelf.all() if document["unsent"]]
        answers = await self.broker.publish([_outgoing(document) for document in waiting])
        sent = [document for document, ok in zip(waiting, answers, strict=True) if ok]
        await shelf.put([{**document, "version": document["version"] + 1, "unsent": False} for document in sent])
        return len(sent) == len(waiting)


@dataclass(frozen=True, slots=True)
class Mark:
    """What the topic was brought up to: a pack, the units that are not there today, the accounts as this process has
    changed them; and until when that holds. Others' changes are found by looking."""

    pack: str
    gone: tuple[str, ...]
    changes: int
    until: datetime | None = None

    def holds(self, other: "Mark", now: datetime) -> bool:
        return replace(self, until=None) == other and (self.until is None or now < self.until)


Records = Mapping[str, dict[str, Any]]
"""Records by key, as yet without version and instant."""


def records(pack: Pack, accounts: Mapping[str, Document], now: datetime) -> Records:
    """Return what the topic has to show at an instant. An ordinary day changes nothing."""
    day, people = pack.day(now), everybody(accounts, pack)
    all = {one.id: one for one in people}
    units = {f"unit:{unit.code}": _unit(unit, unit.valid_on(day)) for unit in pack.units.values()}
    return units | {f"user:{one.id}": _user(one, pack, all, now) for one in people if one.kind == PERSON}


def changed(wanted: Records, known: list[Document], now: datetime) -> list[Document]:
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


def _user(person: Account, pack: Pack, all: Mapping[str, Account], now: datetime) -> dict[str, Any]:
    listed = pack.staff.get(person.id)
    phone, email = (listed.phone, listed.email) if listed else (None, None)
    reach = {"sms": person.record.get("phone") or phone or None, "email": person.record.get("email") or email or None}
    return {
        "what": "user", "code": person.id, "name": person.name, "unit": person.unit,
        "roles": list(posts(person, all, now)), "reach": reach, "locale": person.locale, "active": person.works(now),
        **({"succeeded_by": listed.succeeded_by} if listed and listed.succeeded_by else {}),
    }  # fmt: skip
