"""Connections to providers: kept, no more than allowed, and made as the environment and the address say."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from httpcore._async import http11

from sanfu.notify.adapters.calls import called
from sanfu.notify.adapters.connections import Connections
from sanfu.notify.domain.delivery import Retry
from tests.support.eventually import eventually


@dataclass
class Peer:
    """Counts connections and keeps what was said; answers once it may."""

    url: str = ""
    opened: int = 0
    open: int = 0
    heads: list[str] = field(default_factory=list)
    may: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened, self.open = self.opened + 1, self.open + 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length:"))
                await reader.readexactly(int(length.partition(":")[2]))
                await self.may.wait()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        except asyncio.IncompleteReadError:
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Peer]:
    peer = Peer()
    server = await asyncio.start_server(peer.take, "127.0.0.1", 0)
    peer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    peer.may.set()
    async with server:
        yield peer


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with listening() as it:
        yield it


@asynccontextmanager
async def connections(width: int) -> AsyncIterator[Connections]:
    it = Connections(width, 10.0)
    try:
        yield it
    finally:
        await it.aclose()


async def test_a_connection_is_kept_for_the_next_call(peer: Peer) -> None:
    async with connections(4) as ours:
        for _ in range(3):
            answer = await ours.post(peer.url, json={"to": "x"})
            assert (answer.status_code, answer.text) == (200, "ok")
        assert peer.opened == 1
        await asyncio.gather(*(ours.post(peer.url, json={}) for _ in range(20)))
        assert peer.opened == 4
    await eventually(lambda: peer.open == 0)


async def test_a_connection_that_the_peer_may_be_closing_is_not_used_again(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(http11, "time", SimpleNamespace(monotonic=lambda: now))
    async with connections(1) as ours:
        for pause in (1.0, 1.0, 4.99, 4.99):  # many servers close what is idle for five seconds
            await ours.post(peer.url, json={})
            now += pause
        assert peer.opened == 2
    await eventually(lambda: peer.open == 0)


async def test_a_call_for_which_no_connection_is_free_surely_was_not_made(peer: Peer) -> None:
    peer.may.clear()
    async with connections(2) as ours:
        ours._patience = 0.2  # to wait for a place; those that have one have all their time
        under_way = [asyncio.ensure_future(ours.post(peer.url, json={})) for _ in range(2)]
        await eventually(lambda: len(peer.heads) == 2)
        assert await called(ours, peer.url, json={}) == Retry("unreachable")
        assert len(peer.heads) == 2
        peer.may.set()
        assert [one.status_code for one in await asyncio.gather(*under_way)] == [200, 200]
        assert (await ours.post(peer.url, json={})).status_code == 200


async def test_a_call_that_was_given_up_leaves_its_place_to_the_next(peer: Peer) -> None:
    peer.may.clear()
    async with connections(1) as ours:
        given_up = asyncio.ensure_future(ours.post(peer.url, json={}))
        await eventually(lambda: len(peer.heads) == 1)
        given_up.cancel()
        await asyncio.wait({given_up})
        peer.may.set()
        assert (await ours.post(peer.url, json={})).text == "ok"
        assert peer.opened == 2, "the answer to the first is not taken for that to the second"


async def test_of_connections_to_many_places_no_more_are_kept_than_calls_may_be_made_at_once() -> None:
    async with AsyncExitStack() as stack, connections(2) as ours:
        peers = [await stack.enter_async_context(listening()) for _ in range(5)]
        for one in peers:
            await ours.post(one.url, json={})
        await eventually(lambda: [one.open for one in peers] == [0, 0, 0, 1, 1])


async def test_the_address_may_hold_a_name_and_a_password(peer: Peer) -> None:
    async with connections(1) as ours:
        await ours.post(peer.url.replace("//", "//city:s3cret@"), json={})
    told = next(line for line in peer.heads[0].split("\r\n") if line.lower().startswith("authorization:"))
    assert told.split(" ")[1:] == ["Basic", b64encode(b"city:s3cret").decode()]


async def test_a_header_of_the_settings_stands_in_for_our_own(peer: Peer) -> None:
    async with connections(1) as ours:
        await ours.post(peer.url, headers={"Accept": "application/json"}, json={})
    said = [line for line in peer.heads[0].lower().split("\r\n") if line.startswith("accept:")]
    assert said == ["accept: application/json"]


@pytest.mark.parametrize("spared", ["", "127.0.0.1"])
async def test_the_environment_may_name_a_proxy_and_who_is_spared_it(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, spared: str
) -> None:
    async with listening() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", spared)
        async with connections(1) as ours:
            await ours.post(peer.url, json={})
        if spared:
            assert (len(peer.heads), len(proxy.heads)) == (1, 0)
        else:
            assert [head.split(" ")[1] for head in proxy.heads] == [peer.url]
            assert peer.heads == []
