"""Webhooks of notify's own: a POST with a JSON body, signed as Standard Webhooks 1.0 says (HMAC-SHA256 over id, instant
and body), so that any of its libraries can tell that a message is ours, whole, and not an old one sent again."""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx
import orjson

from sanfu.notify.adapters.outward import Outward, Resolve, resolved
from sanfu.notify.domain.addresses import Network
from sanfu.notify.domain.delivery import Outcome, Rejected
from sanfu.notify.domain.signing import signature
from sanfu.notify.ports import Message

OTHERS = "*"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where it goes, the secrets that sign (more than one while they are changed), and the private networks that it may
    lie in."""

    url: str = field(repr=False)
    secrets: Sequence[bytes] = field(repr=False)
    networks: Sequence[Network] = ()


@dataclass(slots=True)
class Webhooks:
    """`ports.Sender`. A message goes to the endpoint that its recipient's record or unit names, else to `*`. Each is
    held to what a unit's hook is: what its name resolves to is looked at with every call."""

    endpoints: Mapping[str, Endpoint]
    width: int = 32
    timeout: float = 10.0
    resolve: Resolve = resolved
    now: Callable[[], float] = time.time
    _there: Mapping[str, Outward] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        trust = httpx.create_ssl_context()
        self._there = {
            name: Outward(one.url, one.networks, self.timeout, self.width, trust, self.resolve)
            for name, one in self.endpoints.items()
        }

    async def send(self, message: Message) -> Outcome:
        name = message.to if message.to in self.endpoints else OTHERS
        if name not in self.endpoints:
            return Rejected("no_address")
        body = orjson.dumps({"id": message.id, "to": message.to, "subject": message.subject, "text": message.text})
        proof = signed(message.id, int(self.now()), body, self.endpoints[name].secrets)
        return (await self._there[name].post({"content-type": "application/json", **proof}, body)).outcome

    async def close(self) -> None:
        for one in self._there.values():
            await one.close()


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
