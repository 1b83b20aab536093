"""How a contact's record is written on its topic, by whichever service: standard library only."""

import json
from collections.abc import Mapping
from datetime import datetime

from sanfu.contracts.envelope import event_id, instant
from sanfu.contracts.names import CONTACT_RECORD

Box = Mapping[str, str]
"""{key, nonce, sealed}, as in the contract."""


def key(issue: str, writer: str) -> str:
    return f"{issue}/{writer}"


def context(issue: str, writer: str, part: str) -> bytes:
    """Return the associated data of a box: it can't be moved to another issue, writer or part."""
    return f"{issue}/{writer}/{part}".encode()


def value(issue: str, writer: str, version: int, boxes: Mapping[str, Box]) -> bytes:
    """Say all that one writer knows of an issue's people. `boxes`: any of party, filer, original."""
    return json.dumps({"issue": issue, "writer": writer, "version": version, **boxes}).encode()


def headers(issue: str, writer: str, version: int, now: datetime) -> dict[str, str]:
    """Return the headers of a record, or of the tombstone that comes after one."""
    return {
        "ce_specversion": "1.0",
        "content-type": "application/json",
        "ce_id": event_id(writer, issue, version),
        "ce_type": CONTACT_RECORD,
        "ce_source": f"/sanfu/{writer}",
        "ce_subject": issue,
        "ce_sequence": str(version),
        "ce_time": instant(now),
    }
