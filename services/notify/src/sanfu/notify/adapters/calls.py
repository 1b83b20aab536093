"""A provider's HTTP call: how long it may take, and what an answer says that is the same for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from sanfu.notify.adapters.connections import Connections
from sanfu.notify.domain.delivery import Lost, Outcome, Rejected, Retry, Sent

BUSY = (408, 425, 429)
UNTAKEN = (501, 503, 505)
"""Answers of a server that surely has not taken the message. Any other 5xx may come of what it did after that: it hands
a message on, and fails to write that down; or a proxy does not know."""
OURS = (400, 406, 409, 410, 411, 413, 414, 415, 422)
"""Answers that are about this message. Any other 4xx, or a redirection, is about keys, addresses, money: the provider's
own matter, by which no message is lost."""


@dataclass(slots=True, kw_only=True)
class Caller:
    """What every sender over HTTP has: connections for `width` calls at once, of `timeout` seconds each."""

    width: int = 64
    timeout: float = 10.0
    _connections: Connections = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._connections = Connections(self.width, self.timeout)

    async def close(self) -> None:
        await self._connections.aclose()


async def called(connections: Connections, url: str, **request: Any) -> httpx.Response | Outcome:
    """POST, and return a 2xx answer; else what it means for the message."""
    answer = await answered(connections, url, **request)
    return answer if not isinstance(answer, httpx.Response) or answer.is_success else meant(answer)


async def answered(connections: Connections, url: str, **request: Any) -> httpx.Response | Outcome:
    """POST, and return the answer, whatever its status; else what it means for the message that there is none."""
    try:
        return await connections.post(url, **request)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        return Retry("unreachable")
    except httpx.TimeoutException:
        return Lost("timeout")
    except httpx.HTTPError as error:
        return Lost(type(error).__name__)


def meant(answer: httpx.Response) -> Outcome:
    """Say what an answer other than 2xx means."""
    status, why = answer.status_code, f"http_{answer.status_code}"
    if status >= 500 and status not in UNTAKEN:
        return Lost(why)
    if status in BUSY:
        return Retry(why, retry_after(answer.headers.get("retry-after")), about="pace")
    if status in OURS:
        return Rejected(why)
    return Retry(why, retry_after(answer.headers.get("retry-after")))


def meant_with_code(answer: httpx.Response, said: Outcome | None) -> Outcome:
    """Say what a cloud's answer other than 2xx means. `said`: what the code in its body means; None: it has none.
    Clouds answer 400 also for keys and clocks that are wrong: what no code tells to be about this message is the
    provider's own matter."""
    status = meant(answer)
    if isinstance(status, Lost) or isinstance(said, Sent):  # it does not know, or two words contradict each other
        return Lost(f"http_{answer.status_code}")
    if said is None:
        return Retry(status.reason) if isinstance(status, Rejected) else status
    if isinstance(said, Retry) and not said.after:
        return replace(said, after=retry_after(answer.headers.get("retry-after")))
    return said


def json_of(answer: httpx.Response) -> Mapping[str, Any]:
    """Return the answer's JSON object; an empty one where there is none."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def retry_after(text: str | None) -> float:
    """Seconds to wait: a number, or a date as HTTP writes it; 0 for what is neither."""
    if text is None:
        return 0.0
    if text.isascii() and text.isdigit():
        return min(float(text), 86400.0)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return min(max(0.0, (at - datetime.now(UTC)).total_seconds()), 86400.0) if at.tzinfo else 0.0
