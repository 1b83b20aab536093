"""The contact record: state on its own topic, sealed before it comes here."""

from collections.abc import Mapping
from datetime import datetime

from sanfu.contracts import contact_wire
from sanfu.contracts.contact_wire import Box
from sanfu.contracts.names import CONTACTS
from sanfu.runtime.rules import Publish

WRITER = "intake"


def record(issue: str, version: int, boxes: Mapping[str, Box], now: datetime) -> Publish:
    """Say all that intake knows of an issue's people. `boxes`: any of party, filer, original."""
    value = contact_wire.value(issue, WRITER, version, boxes)
    return _publish(issue, version, value, f"{issue}:{version}", now)


def tombstone(issue: str, version: int, now: datetime) -> Publish:
    """Erase them: whoever reads the topic drops what he kept."""
    return _publish(issue, version, None, f"{issue}:{version}:erased", now)


def _publish(issue: str, version: int, value: bytes | None, id: str, now: datetime) -> Publish:
    headers = contact_wire.headers(issue, WRITER, version, now)
    return Publish(CONTACTS, contact_wire.key(issue, WRITER), value, id, headers)
