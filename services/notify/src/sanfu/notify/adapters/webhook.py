"""Webhooks of notify's own: a POST with a JSON body, signed as Standard Webhooks 1.0 says (HMAC-SHA256 over id, instant
and body), so that any of its libraries can tell that a message is ours, whole, and not an old one sent again."""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx
import orjson

from sanfu.notify.adapters.calls import Caller, called
from sanfu.notify.domain.delivery import Outcome, Rejected, Sent
from sanfu.notify.domain.signing import signature
from sanfu.notify.ports import Message

OTHERS = "*"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where it goes, and the secrets that sign: more than one while they are changed."""

    url: str
    secrets: Sequence[bytes] = field(repr=False)


@dataclass(slots=True)
class Webhooks(Caller):
    """`ports.Sender`. A message goes to the endpoint that its recipient's record or unit names, else to `*`."""

    endpoints: Mapping[str, Endpoint]
    now: Callable[[], float] = time.time

    async def send(self, message: Message) -> Outcome:
        endpoint = self.endpoints.get(message.to) or self.endpoints.get(OTHERS)
        if endpoint is None:
            return Rejected("no_address")
        body = orjson.dumps({"id": message.id, "to": message.to, "subject": message.subject, "text": message.text})
        headers = {"content-type": "application/json", **signed(message.id, int(self.now()), body, endpoint.secrets)}
        answer = await called(self._connections, endpoint.url, content=body, headers=headers)
        return Sent(None) if isinstance(answer, httpx.Response) else answer


def secret_bytes(text: str) -> bytes:
    """Read a secret as Standard Webhooks writes it. Raises ValueError that shows nothing of it."""
    try:
        found = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        found = b""
    if not text.startswith("whsec_") or not 16 <= len(found) <= 64:
        raise ValueError("write whsec_ and 16 to 64 bytes in base64")
    return found


def signed(id: str, at: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The headers that prove it. `at`: seconds since 1970."""
    signatures = [signature(id, at, body, one) for one in secrets]
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": " ".join(signatures)}
