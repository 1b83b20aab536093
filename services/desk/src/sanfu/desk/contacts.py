"""Contacts: kept as they came, sealed; opened only to be read by somebody, for a purpose."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson
import structlog

from sanfu.contracts import contact_wire, names
from sanfu.contracts.codec import BadBody
from sanfu.contracts.masking import dialled, digits, plain
from sanfu.contracts.registry import codec
from sanfu.desk.domain.deeds.correcting import FIELDS
from sanfu.desk.ports import Document, Shelf
from sanfu.runtime.broker import Broker, Incoming, Outgoing
from sanfu.runtime.clock import Clock
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Refusal
from sanfu.runtime.sealing import Sealed, Sealer, Unsealable
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

MARK: Final = 10
"""Characters of a mark: among the 500 parties of one issue two are mistaken for one once in nine million issues."""
Opened = Mapping[str, Any]
"""`party`, `filer`, `original`: each a plain document, or None where nothing is known or it is not for this reader."""


class Known(NamedTuple):
    """Of whom an issue's boxes know, and what was really written."""

    people: Sequence[Mapping[str, Any]] = ()
    text: str = ""


UNKNOWN: Final = Known()
ERASED: Final = 2**53
"""The version of what stands where a person was erased: nothing comes after it."""
WRITER: Final = "desk"
SLOW: Final = "what the party is reached by now is still on its way here: send the same request again"


@dataclass(frozen=True, slots=True)
class Contacts:
    """Keeps the records of the contacts topic: the higher version wins, a tombstone erases. With a key ring each has
    the blind indexes of its party beside it, by which that person's issues are found.

    Whom intake forgets desk forgets, too: what it wrote itself about an issue gets a tombstone of its own. It comes on
    another partition, before intake's or after it; so whichever is read later finds the other, however often they are
    read, and nothing that was under way comes back.
    """

    shelf: Shelf
    broker: Broker
    clock: Clock
    sealer: Sealer | None = None

    async def apply(self, records: Sequence[Incoming]) -> None:
        """Take in records in their order. One that can't be read is passed over with an error in the log. Raises
        StoreDown, also while a tombstone can't be sent."""
        erased: set[str] = set()
        kept: dict[str, Document] = {}
        for record in records:
            key = record.key or ""
            if record.value is None:
                erased.add(key)
                kept.pop(key, None)
            elif (document := self._document(key, record.value)) and _newer(document, kept.get(key)):
                kept[key] = document
        forgotten = {key for key in erased if not key.endswith(f"/{WRITER}")}
        if erased - forgotten:
            await self.shelf.drop(sorted(erased - forgotten))
        await self.shelf.put([*map(_forgotten, sorted(forgotten)), *kept.values()])
        await self._forget({_issue(key) for key in (*forgotten, *kept)})

    async def _forget(self, issues: set[str]) -> None:
        """Take back what desk wrote about whoever was erased."""
        for record in await self.shelf.having("issue", *sorted(issues)) if issues else ():
            if record["writer"] != WRITER or not is_forgotten(await self.shelf.having("issue", record["issue"])):
                continue
            headers = contact_wire.headers(record["issue"], WRITER, record["version"] + 1, self.clock.now())
            raw = [(name, value.encode()) for name, value in headers.items()]
            if not all(await self.broker.publish([Outgoing(names.CONTACTS, record["_id"], None, raw)])):
                raise StoreDown("a tombstone was not taken")
            await self.shelf.drop([record["_id"]])

    def _document(self, key: str, value: bytes) -> Document | None:
        try:
            document = {"_id": key, **codec.decode(names.CONTACT_RECORD, value)}
        except BadBody:
            log.error("contact_unreadable", key=key)
            return None
        party = _inside(self.sealer, document, "party") if self.sealer and document.get("party") else None
        return {**document, "blind": blind_indexes(self.sealer, party)} if self.sealer and party else document


def _forgotten(key: str) -> Document:
    return {"_id": key, "issue": _issue(key), "writer": key.rpartition("/")[2], "version": ERASED, "erased": True}


def _issue(key: str) -> str:
    return key.rpartition("/")[0]


def is_forgotten(records: Sequence[Document]) -> bool:
    """Tell whether an issue's party was erased."""
    return any(record.get("erased") for record in records)


def known(records: Sequence[Document], version: int) -> bool:
    """Tell whether an issue's records hold what desk wrote last, or nothing any more."""
    return is_forgotten(records) or version <= max((r["version"] for r in records if r["writer"] == WRITER), default=0)


def corrected(
    sealer: Sealer, id: str, version: int, records: Sequence[Document], said: Mapping[str, Any]
) -> dict[str, Any]:
    """Return desk's next record of an issue's party: what is said now over what it said before, sealed. Raises Refusal
    for who was erased; Unavailable where what it said before is not known yet."""
    if is_forgotten(records):
        raise Refusal(409, "erased", "This person was erased: nothing is kept of them again, but in a new report.")
    if not known(records, version):
        raise Unavailable(SLOW)
    own = next((record for record in records if record["writer"] == WRITER and record.get("party")), None)
    before = (_inside(sealer, own, "party") or {}) if own else {}
    given = {name: said[name] for name in FIELDS if said[name]}
    if "phone" in given:
        given["phone"] = dialled(given["phone"])
    sealed = sealer.seal(orjson.dumps({**before, **given}), contact_wire.context(id, WRITER, "party")).written()
    box = {"key": sealed["key_id"], "nonce": sealed["nonce"], "sealed": sealed["box"]}
    return {"version": version + 1, "boxes": {"party": box}}


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
    blind = indexes_of(sealer, records)
    return frozenset(sealer.blind_index(f"{head}/{index}", "party of an issue")[:MARK] for index in blind)


def indexes_of(sealer: Sealer, records: Sequence[Document]) -> frozenset[str]:
    """Return what an issue's party is found by now: not by what was corrected, which may be somebody else's."""
    return frozenset(blind_indexes(sealer, opened(sealer, records, {"party"})["party"] or {}))


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


def originally(sealer: Sealer, records: Sequence[Document]) -> str:
    """Return what was really written about an issue, as far as its boxes hold it."""
    was = opened(sealer, records, {"original"})["original"] or {}
    answers = [str(one) for one in (was.get("answers") or {}).values()]
    parts = [was.get("title"), was.get("text"), *answers, *(one["text"] for one in was.get("added", ()))]
    return "\n".join(filter(None, parts))


def _inside(sealer: Sealer, record: Document, part: str) -> Mapping[str, Any] | None:
    box = record[part]
    context = contact_wire.context(record["issue"], record["writer"], part)
    try:
        sealed = Sealed.read({"key_id": box["key"], "nonce": box["nonce"], "box": box["sealed"]})
        inside: Mapping[str, Any] = orjson.loads(sealer.open(sealed, context))
    except Unsealable as error:
        log.error("contact_sealed_fast", issue=record["issue"], part=part, why=str(error))
        return None
    return inside
