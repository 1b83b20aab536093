"""POSTs to a unit's endpoint: its name is resolved once, all that it resolves to is looked at, and the connection goes
to what was looked at. No redirect is followed, no proxy of the environment asked, and of an answer no more is read than
tells somebody what is wrong."""

import asyncio
import hashlib
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ssl import SSLContext

import httpx

from sanfu.notify.adapters.calls import meant
from sanfu.notify.adapters.webhook import signed
from sanfu.notify.domain.addresses import Network, unfit
from sanfu.notify.domain.delivery import Lost, Outcome, Retry, Sent
from sanfu.notify.hook_ports import AT_ONCE, Answer

LONGEST_ANSWER = 4096
"""Bytes of an answer that are read; what goes on longer costs the endpoint its connection."""
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolved(host: str, port: int) -> list[str]:
    """Ask the machine's resolver for all addresses of a host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a unit's records go, and the secrets that sign: more than one while they are changed."""

    url: str = field(repr=False)
    secrets: Sequence[bytes] = field(repr=False)
    networks: Sequence[Network] = ()


class _Refused(Exception):
    """An address that nothing may be posted to."""


@dataclass(slots=True)
class HookCaller:
    """`hook_ports.HookEndpoint`. A client of its own: a connection is known by its address, and another endpoint
    there may have another certificate."""

    hook: Hook
    seconds: float
    trust: SSLContext
    resolve: Resolve = resolved
    now: Callable[[], float] = time.time
    _client: httpx.AsyncClient = field(init=False, repr=False)

    def __post_init__(self) -> None:
        limits = httpx.Limits(max_connections=AT_ONCE + 1, max_keepalive_connections=AT_ONCE)
        steps = httpx.Timeout(self.seconds, connect=self.seconds * 0.4)
        self._client = httpx.AsyncClient(
            timeout=steps, limits=limits, verify=self.trust, trust_env=False, follow_redirects=False,
            headers={"user-agent": "sanfu-notify", "accept-encoding": "identity"},
        )  # fmt: skip

    @property
    def host(self) -> str:
        url = httpx.URL(self.hook.url)
        return f"{url.scheme}://{url.netloc.decode()}"

    @property
    def mark(self) -> str:
        return hashlib.sha256(self.hook.url.encode()).hexdigest()[:16]

    async def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self.seconds):
                status, outcome, said = await self._posted(headers, body)
        except _Refused as error:
            return self._nothing(Retry(str(error)), begun)
        except (OSError, httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return self._nothing(Lost("timeout") if isinstance(error, TimeoutError) else Retry(_why(error)), begun)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self._nothing(Lost(type(error).__name__), begun)
        return Answer(outcome, f"http_{status}", _since(begun), status, said)

    async def close(self) -> None:
        await self._client.aclose()

    async def _posted(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Outcome, str]:
        url = httpx.URL(self.hook.url)
        sent = {**headers, **signed(headers["ce-id"], int(self.now()), body, self.hook.secrets)}
        sent["host"] = url.netloc.decode()
        addresses = await self._looked_at(url)
        for n, address in enumerate(addresses, 1):
            there = url.copy_with(host=address)
            named = {"sni_hostname": url.raw_host.decode()}
            try:
                async with self._client.stream("POST", there, content=body, headers=sent, extensions=named) as answer:
                    outcome = Sent(None) if answer.is_success else meant(answer)
                    return answer.status_code, outcome, await _beginning(answer)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if n == len(addresses):
                    raise
        raise OSError("it has no address")

    async def _looked_at(self, url: httpx.URL) -> Sequence[str]:
        """Resolve the name. Raises _Refused if any of its addresses is one that nothing may be posted to."""
        encrypted = url.scheme == "https"
        addresses = await self.resolve(url.raw_host.decode(), url.port or (443 if encrypted else 80))
        for address in addresses:
            if why := unfit(address, self.hook.networks, encrypted=encrypted):
                raise _Refused(why)
        return addresses

    def _nothing(self, outcome: Lost | Retry, begun: float) -> Answer:
        return Answer(outcome, outcome.why, _since(begun))


async def _beginning(answer: httpx.Response) -> str:
    read = b""
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) > LONGEST_ANSWER:
            break
    return read[:300].decode("utf-8", "replace")


def _why(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "name_unknown"
    return "tls" if "SSL" in str(error) or "certificate" in str(error) else "unreachable"


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 3)
