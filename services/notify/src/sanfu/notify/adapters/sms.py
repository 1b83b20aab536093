"""SMS by any gateway that takes an HTTP POST: address, headers and body are settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from sanfu.notify.domain.delivery import Lost, Outcome, Rejected, Retry, Sent
from sanfu.notify.ports import Message

BUSY = (408, 425, 429)
BEHIND = (502, 504)
"""A proxy's answers: what is behind it may have taken the message."""


@dataclass(slots=True)
class GatewaySms:
    """`ports.Sender`. In the body's texts, {to}, {text} and {id} are put in; `id_field` of the answer is kept."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    id_field: str = "id"
    width: int = 64
    timeout: float = 10.0
    """Seconds for a call, a little less for each of its steps: one that fails to connect is to be told from one that
    gets no answer."""
    _client: httpx.AsyncClient = field(init=False, repr=False)

    def __post_init__(self) -> None:
        steps = httpx.Timeout(self.timeout * 0.5, connect=self.timeout * 0.4, pool=self.timeout * 0.4)
        limits = httpx.Limits(max_connections=self.width, max_keepalive_connections=self.width)
        self._client = httpx.AsyncClient(timeout=steps, limits=limits, headers=dict(self.headers))

    async def send(self, message: Message) -> Outcome:
        try:
            answer = await self._client.post(self.url, json=_filled(self.body, message))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Retry("unreachable")
        except httpx.HTTPError as error:
            return Lost(type(error).__name__)
        return self._outcome(answer)

    async def close(self) -> None:
        await self._client.aclose()

    def _outcome(self, answer: httpx.Response) -> Outcome:
        status, why = answer.status_code, f"http_{answer.status_code}"
        if answer.is_success:
            return Sent(self._id(answer))
        if status in BEHIND:
            return Lost(why)
        if status in BUSY or status >= 500:
            return Retry(why, _retry_after(answer.headers.get("retry-after")))
        return Rejected(why)

    def _id(self, answer: httpx.Response) -> str | None:
        try:
            found = answer.json().get(self.id_field)
        except (ValueError, AttributeError):
            return None
        return None if found is None else str(found)[:100]


def _filled(template: Any, message: Message) -> Any:
    """Put the message into every text of the template; a brace that is no placeholder stays."""
    if isinstance(template, Mapping):
        return {name: _filled(value, message) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, message) for value in template]
    if not isinstance(template, str):
        return template
    parts = {"{to}": message.to, "{id}": message.id, "{text}": message.text}
    return parts.get(template) or _replaced(template, parts)


def _replaced(template: str, parts: Mapping[str, str]) -> str:
    for name, value in parts.items():
        template = template.replace(name, value)
    return template


def _retry_after(text: str | None) -> float:
    """Seconds to wait: a number, or a date as HTTP writes it; 0 for what is neither."""
    if text is None:
        return 0.0
    if text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at.tzinfo else 0.0
