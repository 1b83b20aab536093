"""Contacts and files as documents, the same in every store."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sanfu.intake.domain.attachments import Attachment
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


def filed(one: Attachment) -> dict[str, Any]:
    """Fields that say nothing stay out: so an index of those that are due holds no others."""
    fields = asdict(one)
    return {"_id": fields.pop("id"), **{name: value for name, value in fields.items() if value not in (None, False)}}


def attachment(document: Mapping[str, Any]) -> Attachment:
    return Attachment(id=document["_id"], **{"due": None, **{k: v for k, v in document.items() if k != "_id"}})
