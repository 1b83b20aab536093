"""A kept message as a document, the same in every store."""

from collections.abc import Mapping
from typing import Any

from sanfu.notify.ports import Letter


def letter_written(letter: Letter) -> dict[str, Any]:
    found = {"_id": letter.id, "box": letter.box, "medium": letter.medium, "at": letter.at, "sealed": {**letter.sealed}}
    return found if letter.read is None else {**found, "read": letter.read}


def letter_read(document: Mapping[str, Any]) -> Letter:
    known = {name: document[name] for name in ("box", "medium", "at", "sealed")}
    return Letter(id=document["_id"], read=document.get("read"), **known)
