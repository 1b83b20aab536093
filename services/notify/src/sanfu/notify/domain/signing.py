"""Requests that are signed as Standard Webhooks 1.0 says: HMAC-SHA256 over id, instant and body. Pure."""

import base64
import hmac
from collections.abc import Mapping, Sequence

TOLERANCE = 300
"""Seconds (real) that a request may be old, or ahead: as the specification's libraries have it."""
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Unproved(ValueError):
    """It may be anybody's. The message says what is wrong with it, and nothing of a secret."""


def signature(id: str, at: int, body: bytes, secret: bytes) -> str:
    """What proves it. `at`: seconds since 1970."""
    content = f"{id}.{at}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(secret, content, 'sha256')).decode()}"


def check(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: float) -> None:
    """Make sure that whoever holds one of these secrets sent it, a short while ago. Raises Unproved."""
    missing = [name for name in HEADERS if not headers.get(name)]
    if missing:
        raise Unproved(f"The header {missing[0]} is missing: sign as Standard Webhooks says.")
    id, at, signatures = (headers[name] for name in HEADERS)
    if not (at.isascii() and at.isdecimal() and len(at) <= 12):
        raise Unproved("webhook-timestamp is no whole number of seconds since 1970.")
    if abs(now - int(at)) > TOLERANCE:
        raise Unproved(f"webhook-timestamp is over {TOLERANCE // 60} minutes off: set the clock, sign when you send.")
    right = [signature(id, int(at), body, secret).encode() for secret in secrets]
    given = [one.encode() for one in signatures.split()[:10]]
    if not any(hmac.compare_digest(one, other) for one in right for other in given):
        raise Unproved("No signature in webhook-signature is of this id, instant and body by a secret that is known.")
