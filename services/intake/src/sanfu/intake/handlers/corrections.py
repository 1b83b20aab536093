"""What desk has written of how parties are reached: kept as it comes on the contacts topic, sealed, so that whoever is
erased is found by it, and what is added is masked by it. A tombstone drops it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog

from sanfu.contracts import contact_wire, names
from sanfu.contracts.codec import BadBody
from sanfu.contracts.registry import codec
from sanfu.intake.ports import Correction, Records
from sanfu.runtime.broker import Incoming
from sanfu.runtime.sealing import Sealed, Sealer, Unsealable

log = structlog.get_logger()

WRITER: Final = "desk"


@dataclass(frozen=True, slots=True)
class Corrections:
    """`indexes` makes a person's blind indexes, as they are made when a contact comes in."""

    records: Records
    sealer: Sealer
    indexes: Callable[[Mapping[str, Any]], list[str]]

    async def apply(self, records: Sequence[Incoming]) -> None:
        """Take in records in their order; intake's own are passed over. Raises StoreDown."""
        latest = {issue: record for record in records if (issue := _issue(record.key or ""))}
        await self.records.drop_corrections([issue for issue, record in latest.items() if record.value is None])
        read = (self._read(issue, record.value) for issue, record in latest.items() if record.value is not None)
        await self.records.correct([one for one in read if one])

    def _read(self, issue: str, value: bytes) -> Correction | None:
        try:
            body = codec.decode(names.CONTACT_RECORD, value)
        except BadBody:
            log.error("contact_unreadable", issue=issue)
            return None
        if not (box := body.get("party")):
            return None
        try:
            person = opened(self.sealer, box, contact_wire.context(issue, WRITER, "party"))
        except Unsealable as error:
            log.error("contact_sealed_fast", issue=issue, why=str(error))
            return None
        return Correction(issue, body["version"], box, self.indexes(person))


def opened(sealer: Sealer, box: Mapping[str, str], context: bytes) -> dict[str, Any]:
    """Open a part of an issue's contact. Raises Unsealable."""
    sealed = Sealed.read({"key_id": box["key"], "nonce": box["nonce"], "box": box["sealed"]})
    inside: dict[str, Any] = orjson.loads(sealer.open(sealed, context))
    return inside


def _issue(key: str) -> str | None:
    issue, _, writer = key.rpartition("/")
    return issue if writer == WRITER else None
