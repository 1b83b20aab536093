"""A contact as a document, the same in every store."""

from collections.abc import Mapping
from typing import Any

from sanfu.intake.ports import Kept


def written(contact: Kept) -> dict[str, Any]:
    return {
        "_id": contact.issue,
        "version": contact.version,
        "boxes": dict(contact.boxes),
        "party": list(contact.party),
        "filer": list(contact.filer),
    }


def read(document: Mapping[str, Any]) -> Kept:
    return Kept(document["_id"], document["version"], document["boxes"], document["party"], document["filer"])
