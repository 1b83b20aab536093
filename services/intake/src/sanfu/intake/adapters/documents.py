"""A contact as a document, the same in every store."""

from collections.abc import Mapping
from typing import Any

from sanfu.intake.ports import Correction, Kept


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


def noted(correction: Correction) -> dict[str, Any]:
    return {
        "_id": correction.issue,
        "version": correction.version,
        "box": dict(correction.box),
        "party": list(correction.party),
    }


def correction(document: Mapping[str, Any]) -> Correction:
    return Correction(document["_id"], document["version"], document["box"], document["party"])
