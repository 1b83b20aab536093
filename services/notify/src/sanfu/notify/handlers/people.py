"""What is kept of people, from the topics of contacts and of the directory. Contacts rest sealed, as they came."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from sanfu.contracts import names
from sanfu.contracts.codec import BadBody
from sanfu.contracts.registry import codec
from sanfu.notify.ports import Document, Shelf
from sanfu.runtime.broker import Incoming
from sanfu.runtime.sealing import Sealed, Sealer, Unsealable

log = structlog.get_logger()

KEPT = ("issue", "writer", "version", "party", "filer")
"""Of a contact's record. The original text is none of notify's business."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """Keeps the records of the contacts topic: the higher version wins, a tombstone erases. `forget` takes from what
    was sent to parties and filers of issues all by which they would be known."""

    shelf: Shelf
    preferences: Shelf
    forget: Callable[[Sequence[str]], Awaitable[None]]

    async def apply(self, records: Sequence[Incoming]) -> None:
        """Take in records, the newest of each key; one that can't be read is passed over, with an error in the log. Who
        is erased is no longer known by what was sent either."""
        latest = {record.key: record for record in records if record.key}
        erased = [key for key, record in latest.items() if record.value is None]
        await self.shelf.erase(erased)
        if erased:
            issues = sorted({key.rpartition("/")[0] for key in erased})
            await self.forget(issues)
            await self.preferences.erase([f"{who}:{issue}" for issue in issues for who in ("party", "filer")])
        decoded = {key: _decoded(names.CONTACT_RECORD, record) for key, record in latest.items()}
        kept = [{"_id": key, **{n: body.get(n) for n in KEPT}} for key, body in decoded.items() if body]
        await self.shelf.put(kept)


@dataclass(frozen=True, slots=True)
class Directory:
    """Keeps the records of the directory topic."""

    shelf: Shelf

    async def apply(self, records: Sequence[Incoming]) -> None:
        latest = {record.key: record for record in records if record.key}
        decoded = {key: _decoded(names.DIRECTORY_RECORD, record) for key, record in latest.items()}
        await self.shelf.put([{"_id": key, **body} for key, body in decoded.items() if body])


def _decoded(type: str, record: Incoming) -> Mapping[str, Any] | None:
    if record.value is None:
        return None
    try:
        return codec.decode(type, record.value)
    except BadBody:
        log.error("record_unreadable", topic=record.topic, key=record.key)
        return None


def opened(sealer: Sealer, records: Sequence[Document], part: str) -> dict[str, Any]:
    """Open one part (party, filer) of an issue's contact, desk's laid over intake's, field by field; {} where nothing
    is known. Raises Unsealable."""
    found: dict[str, Any] = {}
    for record in sorted(records, key=lambda one: str(one.get("writer")), reverse=True):
        if box := record.get(part):
            sealed = Sealed.read({"key_id": box["key"], "nonce": box["nonce"], "box": box["sealed"]})
            try:
                inside = orjson.loads(sealer.open(sealed, f"{record['issue']}/{record['writer']}/{part}".encode()))
            except ValueError as error:
                raise Unsealable("what is in the box is no JSON") from error
            found |= {name: value for name, value in inside.items() if value is not None}
    return found
