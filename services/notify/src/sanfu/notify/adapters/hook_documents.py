"""A unit's record as a document, the same in every store."""

from collections.abc import Mapping
from typing import Any

from sanfu.notify.domain.hooks import HookRecord

FIELDS = (
    "unit", "event", "issue", "type", "order", "headers", "body", "since", "state", "again", "tries", "why",
)  # fmt: skip


def hook_written(record: HookRecord) -> dict[str, Any]:
    """Without the fields that are None: the index of what is to go holds no others."""
    found = {name: value for name in FIELDS if (value := getattr(record, name)) is not None}
    return {"_id": record.id, **found, "headers": [[*pair] for pair in record.headers.items()]}


def hook_read(document: Mapping[str, Any]) -> HookRecord:
    known = {name: document[name] for name in FIELDS if name in document}
    headers = dict(document.get("headers", ()))
    return HookRecord(**{**known, "headers": headers, "body": bytes(document.get("body", b""))})
