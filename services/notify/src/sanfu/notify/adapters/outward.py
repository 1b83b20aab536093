"""POSTs to an address that somebody else chose: its name is resolved once, all that it resolves to is looked at, and
the connection goes to what was looked at. No redirect is followed, no proxy of the environment asked, and of an answer
no more is read than tells somebody what is wrong."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ssl import SSLContext

import httpx

from sanfu.notify.adapters.calls import meant
from sanfu.notify.adapters.connections import KEPT
from sanfu.notify.domain.addresses import Network, unfit
from sanfu.notify.domain.delivery import Lost, Outcome, Retry, Sent

LONGEST_ANSWER = 4096
"""Bytes of an answer that are read; what goes on longer costs the endpoint its connection."""
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolved(host: str, port: int) -> list[str]:
    """Ask the machine's resolver for all addresses of a host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a POST: `status` and the beginning of the answer, where there was one."""

    outcome: Outcome
    why: str
    status: int | None = None
    text: str = ""


class _Refused(Exception):
    """An address that nothing may be posted to."""


@dataclass(slots=True)
class Outward:
    """One address, for `width` calls at once, each of `seconds`. Of private ones it reaches those in `networks`. It has
    a client of its own: a connection is known by its address, and another name there may have another certificate."""

    url: str = field(repr=False)
    networks: Sequence[Network]
    seconds: float
    width: int
    trust: SSLContext
    resolve: Resolve = resolved
    _client: httpx.AsyncClient = field(init=False, repr=False)

    def __post_init__(self) -> None:
        limits = httpx.Limits(
            max_connections=self.width + 1, max_keepalive_connections=self.width, keepalive_expiry=KEPT
        )
        steps = httpx.Timeout(self.seconds, connect=self.seconds * 0.4)
        self._client = httpx.AsyncClient(
            timeout=steps, limits=limits, verify=self.trust, trust_env=False, follow_redirects=False,
            headers={"user-agent": "sanfu-notify", "accept-encoding": "identity"},
        )  # fmt: skip

    async def post(self, headers: Mapping[str, str], body: bytes) -> Said:
        """POST. Raises nothing but the caller's cancellation."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self._posted(headers, body)
        except _Refused as error:
            return _nothing(Retry(str(error)))
        except (OSError, httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return _nothing(Lost("timeout") if isinstance(error, TimeoutError) else Retry(_why(error)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return _nothing(Lost(type(error).__name__))

    async def close(self) -> None:
        await self._client.aclose()

    async def _posted(self, headers: Mapping[str, str], body: bytes) -> Said:
        url = httpx.URL(self.url)
        sent = {**headers, "host": url.netloc.decode()}
        addresses = await self._looked_at(url)
        for n, address in enumerate(addresses, 1):
            there = url.copy_with(host=address)
            named = {"sni_hostname": url.raw_host.decode()}
            try:
                async with self._client.stream("POST", there, content=body, headers=sent, extensions=named) as answer:
                    outcome = Sent(None) if answer.is_success else meant(answer)
                    return Said(outcome, f"http_{answer.status_code}", answer.status_code, await _beginning(answer))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if n == len(addresses):
                    raise
        raise OSError("it has no address")

    async def _looked_at(self, url: httpx.URL) -> Sequence[str]:
        """Resolve the name. Raises _Refused if any of its addresses is one that nothing may be posted to."""
        encrypted = url.scheme == "https"
        addresses = await self.resolve(url.raw_host.decode(), url.port or (443 if encrypted else 80))
        for address in addresses:
            if why := unfit(address, self.networks, encrypted=encrypted):
                raise _Refused(why)
        return addresses


def _nothing(outcome: Lost | Retry) -> Said:
    return Said(outcome, outcome.why)


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
