"""Ids of issues: the same for the same channel and key, else in the order of their making."""

from datetime import datetime
from uuid import UUID, uuid5

NAMESPACE = UUID("6f0d1c3e-52b7-4b8e-9c7a-0d3a5e1f7c42")
"""Never changed: the ids of everything ever received by key follow from it."""


def keyed(channel: str, kind: str, key: str) -> str:
    """Return the id of what a channel sent under a key of a kind (`external` id or idempotency `key`): UUIDv5."""
    return str(uuid5(NAMESPACE, f"{channel}\0{kind}\0{key}"))


def unkeyed(now: datetime, random: bytes) -> str:
    """Return a UUIDv7 (RFC 9562) of an instant and ten random bytes."""
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    number = milliseconds << 80 | int.from_bytes(random[:10], "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=number))
