"""POSTs to a unit's endpoint, signed."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ssl import SSLContext

import httpx

from sanfu.notify.adapters.outward import Outward, Resolve, resolved
from sanfu.notify.adapters.webhook import signed
from sanfu.notify.domain.addresses import Network
from sanfu.notify.hook_ports import AT_ONCE, Answer


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a unit's records go, and the secrets that sign: more than one while they are changed."""

    url: str = field(repr=False)
    secrets: Sequence[bytes] = field(repr=False)
    networks: Sequence[Network] = ()


@dataclass(slots=True)
class HookCaller:
    """`hook_ports.HookEndpoint`, within `seconds` a call."""

    hook: Hook
    seconds: float
    trust: SSLContext
    resolve: Resolve = resolved
    now: Callable[[], float] = time.time
    _there: Outward = field(init=False, repr=False)

    def __post_init__(self) -> None:
        hook = self.hook
        self._there = Outward(hook.url, hook.networks, self.seconds, AT_ONCE, self.trust, self.resolve)

    @property
    def host(self) -> str:
        url = httpx.URL(self.hook.url)
        return f"{url.scheme}://{url.netloc.decode()}"

    @property
    def mark(self) -> str:
        return hashlib.sha256(self.hook.url.encode()).hexdigest()[:16]

    async def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        begun = time.monotonic()
        proof = signed(headers["ce-id"], int(self.now()), body, self.hook.secrets)
        said = await self._there.post({**headers, **proof}, body)
        return Answer(said.outcome, said.why, round(time.monotonic() - begun, 3), said.status, said.text)

    async def close(self) -> None:
        await self._there.close()
