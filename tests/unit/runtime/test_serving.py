"""A real server on a real socket, in the test's own loop."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry

from sanfu.runtime.http import Watch, create_app
from sanfu.runtime.service import Service, run
from sanfu.runtime.serving import Server, _bound, on_stop_signal


def app() -> FastAPI:
    async def quiet() -> dict[str, bool]:
        return {"quiet": True}

    return create_app("toy", Watch(CollectorRegistry(), lambda: (True, {}), quiet))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server(app(), "127.0.0.1", 0)
    await server.start()
    yield server
    await server.stop()


async def test_it_answers_once_started_and_no_more_when_stopped() -> None:
    server = Server(app(), "127.0.0.1", 0)
    await server.start()
    url = f"http://127.0.0.1:{server.port}/health/live"
    async with httpx.AsyncClient() as client:
        answer = await client.get(url)
        assert answer.json() == {"status": "alive"}
        assert "server" not in answer.headers
    await server.stop()
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)


async def test_the_processs_signal_handlers_stay_as_they_were() -> None:
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    server = Server(app(), "127.0.0.1", 0)
    await server.start()
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)] == before
    await server.stop()


async def test_a_taken_address_is_named(server: Server) -> None:
    with pytest.raises(OSError, match=f"can't listen on 127.0.0.1:{server.port}: Address already in use"):
        await Server(app(), "127.0.0.1", server.port).start()


async def test_an_idle_connection_is_kept_longer_than_clients_and_proxies_keep_theirs(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, kept = asyncio.get_running_loop(), []
    real = loop.call_later

    def later(delay: float, callback: Callable[..., object], *args: object, **more: Any) -> asyncio.TimerHandle:
        if getattr(callback, "__name__", "") == "timeout_keep_alive_handler":
            kept.append(delay)
        return real(delay, callback, *args, **more)

    monkeypatch.setattr(loop, "call_later", later)
    async with httpx.AsyncClient() as client:
        await client.get(f"http://127.0.0.1:{server.port}/health/live")
    assert kept
    assert min(kept) > 60


async def test_an_app_that_does_not_start_is_an_error() -> None:
    @asynccontextmanager
    async def failing(_app: FastAPI) -> AsyncIterator[None]:
        raise LookupError("no pack")
        yield

    server = Server(FastAPI(lifespan=failing), "127.0.0.1", 0)
    with pytest.raises(RuntimeError, match="lifespan failed"):
        await server.start()


async def test_a_request_under_way_is_answered_before_the_stop() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    slow = FastAPI()

    @slow.get("/slow")
    async def answer() -> str:
        begun.set()
        await go_on.wait()
        return "done"

    server = Server(slow, "127.0.0.1", 0)
    await server.start()
    async with httpx.AsyncClient() as client:
        request = asyncio.create_task(client.get(f"http://127.0.0.1:{server.port}/slow"))
        await begun.wait()
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0)
        go_on.set()
        assert (await request).json() == "done"
        await stopping


async def test_five_megabytes_get_their_413_over_a_real_socket(server: Server) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        answer = await client.post("/health/live", content=b"x" * 5_000_000)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await client.get("/health/live")).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_calls_back_and_leaves_the_server_running(server: Server, number: signal.Signals) -> None:
    told = asyncio.Event()
    on_stop_signal(told.set)
    os.kill(os.getpid(), number)
    async with asyncio.timeout(5):
        await told.wait()
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{server.port}/health/live")).status_code == 200
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(one)


def test_what_is_accepted_here_is_answered_without_delay() -> None:
    """Event loops turn Nagle's algorithm off (40 ms an answer) only for sockets that say they are TCP's."""
    bound = _bound("127.0.0.1", 0)
    try:
        assert bound.proto == socket.IPPROTO_TCP
    finally:
        bound.close()


def test_a_service_runs_on_the_fast_loop(capsys: pytest.CaptureFixture[str]) -> None:
    def make() -> Service:
        raise ValueError(type(asyncio.get_running_loop()).__module__)

    with pytest.raises(SystemExit):
        run(make)
    assert capsys.readouterr().err == "cannot start: uvloop\n"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (None, "203.0.113.7", "127.0.0.1"),
        ("10.0.0.0/8", "203.0.113.7", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.0/8", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
    ],
)
async def test_only_a_proxy_that_is_named_may_say_for_whom_it_asks(
    proxies: str | None, forwarded: str, seen: str
) -> None:
    asked = FastAPI()

    @asked.get("/")
    async def who(request: Request) -> str:
        return request.client.host if request.client else ""

    server = Server(asked, "127.0.0.1", 0, proxies=proxies)
    await server.start()
    try:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://127.0.0.1:{server.port}/", headers={"X-Forwarded-For": forwarded})
    finally:
        await server.stop()
    assert answer.json() == seen
