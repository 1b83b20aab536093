"""Contacts: kept as they came, sealed; opened only to be read by somebody, for a purpose."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog

from sanfu.contracts import names
from sanfu.contracts.codec import BadBody
from sanfu.contracts.masking import digits, plain
from sanfu.contracts.registry import codec
from sanfu.desk.ports import Document, Shelf
from sanfu.runtime.broker import Incoming
from sanfu.runtime.sealing import Sealed, Sealer, Unsealable

log = structlog.get_logger()

MARK: Final = 10
"""Characters of a mark: among the 500 parties of one issue two are mistaken for one once in nine million issues."""
Opened = Mapping[str, Any]
"""`party`, `filer`, `original`: each a plain document, or None where nothing is known or it is not for this reader."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """Keeps the records of the contacts topic: the higher version wins, a tombstone erases. With a key ring each has
    the blind indexes of its party beside it, by which that person's issues are found."""

    shelf: Shelf
    sealer: Sealer | None = None

    async def apply(self, records: Sequence[Incoming]) -> None:
        """Take in records in their order. One that can't be read is passed over with an error in the log."""
        erased: set[str] = set()
        kept: dict[str, Document] = {}
        for record in records:
            key = record.key or ""
            if record.value is None:
                erased.add(key)
                kept.pop(key, None)
            elif (document := self._document(key, record.value)) and _newer(document, kept.get(key)):
                kept[key] = document
        if erased:
            await self.shelf.drop(sorted(erased))
        await self.shelf.put(list(kept.values()))

    def _document(self, key: str, value: bytes) -> Document | None:
        try:
            document = {"_id": key, **codec.decode(names.CONTACT_RECORD, value)}
        except BadBody:
            log.error("contact_unreadable", key=key)
            return None
        party = _inside(self.sealer, document, "party") if self.sealer and document.get("party") else None
        return {**document, "blind": blind_indexes(self.sealer, party)} if self.sealer and party else document


def _newer(document: Document, other: Document | None) -> bool:
    return other is None or bool(document["version"] > other["version"])


def blind_indexes(sealer: Sealer, person: Mapping[str, Any]) -> list[str]:
    """Return what a person's phone and e-mail are found by, made as intake makes them."""
    phone, email = person.get("phone"), person.get("email")
    found = [sealer.blind_index(digits(phone), "phone")] if phone else []
    return found + ([sealer.blind_index(plain(email), "email")] if email else [])


def marks_of(sealer: Sealer, head: str, records: Sequence[Document]) -> frozenset[str]:
    """Return by what a party is told from others among those of one issue, `head`: short, and of no use anywhere else,
    so that the story does not tell who of two issues' parties are one."""
    blind = {index for record in records for index in record.get("blind", ())}
    return frozenset(sealer.blind_index(f"{head}/{index}", "party of an issue")[:MARK] for index in blind)


def opened(sealer: Sealer, records: Sequence[Document], wanted: Collection[str]) -> Opened:
    """Open these parts of an issue's boxes, desk's laid over intake's, field by field. A box that can't be opened
    counts as absent."""
    parts: dict[str, Any] = dict.fromkeys(("party", "filer", "original"))
    for record in sorted(records, key=lambda one: str(one["writer"]), reverse=True):
        for part in sorted(wanted):
            if record.get(part) and (inside := _inside(sealer, record, part)):
                parts[part] = {**(parts[part] or {}), **{k: v for k, v in inside.items() if v is not None}}
    return parts


def people(sealer: Sealer, records: Sequence[Document]) -> list[Mapping[str, Any]]:
    """Return every party and filer that an issue's boxes name, older values too: texts must hold none of it."""
    named = [(record, part) for record in records for part in ("party", "filer") if record.get(part)]
    return [inside for record, part in named if (inside := _inside(sealer, record, part))]


def _inside(sealer: Sealer, record: Document, part: str) -> Mapping[str, Any] | None:
    box = record[part]
    context = f"{record['issue']}/{record['writer']}/{part}".encode()
    try:
        sealed = Sealed.read({"key_id": box["key"], "nonce": box["nonce"], "box": box["sealed"]})
        inside: Mapping[str, Any] = orjson.loads(sealer.open(sealed, context))
    except Unsealable as error:
        log.error("contact_sealed_fast", issue=record["issue"], part=part, why=str(error))
        return None
    return inside
