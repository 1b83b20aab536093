"""W3C trace context: one id from the request to the last event it caused."""

import re
import secrets
from contextvars import ContextVar

TRACEPARENT: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The traceparent of what this task is working on; goes into events and logs."""

_FORM = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")


def continued(header: str | None) -> str:
    """Return a traceparent with a new span: in the caller's trace if `header` names one, else in a new trace."""
    match = _FORM.fullmatch(header or "")
    trace, flags = match.groups() if match else (secrets.token_hex(16), "00")
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"


def trace_id() -> str | None:
    """Return the id of the trace this task belongs to, as logs and problems show it."""
    parent = TRACEPARENT.get()
    return parent[3:35] if parent else None
