"""What people wrote about confidential and sealed issues: sealed when it is told, opened to be read for a purpose."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import structlog

from sanfu.desk.domain.secrecy import Seal
from sanfu.desk.ports import Document
from sanfu.runtime.sealing import Sealed, Sealer, Unsealable

log = structlog.get_logger()


def sealing(sealer: Sealer) -> Seal:
    """Make what the rules lock texts with."""

    def seal(case: str, texts: Mapping[str, str]) -> Mapping[str, Any]:
        return sealer.seal(orjson.dumps(dict(texts)), _context(case)).written()

    return seal


def read(sealer: Sealer, records: Sequence[Document], case: str) -> list[dict[str, Any]]:
    """Return what was written about a case, the first first: the event it was written for, who, and each text by the
    place where it would stand. A box that can't be opened is left out, with an error in the log."""
    return [
        {"event": one["_id"], **{name: one[name] for name in ("type", "at", "by")}, "texts": texts}
        for one in sorted(records, key=lambda one: (one["at"], one["_id"]))
        if (texts := _inside(sealer, one, case))
    ]


def _inside(sealer: Sealer, record: Document, case: str) -> Mapping[str, str] | None:
    box = next(box for box in record["boxes"] if box["case"] == case)
    try:
        texts: Mapping[str, str] = orjson.loads(sealer.open(Sealed.read(box), _context(case)))
    except Unsealable as error:
        log.error("text_sealed_fast", case=case, event=record["_id"], why=str(error))
        return None
    return texts


def _context(case: str) -> bytes:
    return f"{case}/desk/texts".encode()
