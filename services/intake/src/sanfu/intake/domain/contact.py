"""The contact record: state on its own topic, sealed before it comes here."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sanfu.contracts.envelope import event_id, instant
from sanfu.contracts.names import CONTACT_RECORD, CONTACTS
from sanfu.runtime.rules import Publish

WRITER = "intake"

Box = Mapping[str, str]
"""{key, nonce, sealed}, as in the contract."""


def record(issue: str, version: int, boxes: Mapping[str, Box], now: datetime) -> Publish:
    """Say all that intake knows of an issue's people. `boxes`: any of party, filer, original."""
    value = {"issue": issue, "writer": WRITER, "version": version, **boxes}
    return _publish(issue, version, json.dumps(value).encode(), now)


def tombstone(issue: str, version: int, now: datetime) -> Publish:
    """Erase them: whoever reads the topic drops what he kept."""
    return _publish(issue, version, None, now)


def _publish(issue: str, version: int, value: bytes | None, now: datetime) -> Publish:
    headers: dict[str, Any] = {
        "ce_specversion": "1.0",
        "content-type": "application/json",
        "ce_id": event_id(WRITER, issue, version),
        "ce_type": CONTACT_RECORD,
        "ce_source": f"/sanfu/{WRITER}",
        "ce_subject": issue,
        "ce_sequence": str(version),
        "ce_time": instant(now),
    }
    return Publish(CONTACTS, f"{issue}/{WRITER}", value, f"{issue}:{version}", headers)
