"""An HTTP server inside a loop that is ours, and the signals that end it."""

import asyncio
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

KEEP_ALIVE = 75
"""Seconds for which an idle connection is kept: longer than clients and proxies in front keep theirs (60), so that none
is closed just as a request is put on it."""


class _Uvicorn(uvicorn.Server):
    """Uvicorn without hands on the process: no signal handlers, no exit."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit as error:
            raise RuntimeError("the app's lifespan failed to start") from error
        self.answering.set()


class Server:
    """Serve an ASGI app on one address.

    `start` returns once requests are answered; raises OSError if the address is taken, RuntimeError if the app does
    not start. `stop` takes no new connections, lets running requests end for at most `stop_within` seconds, cancels
    the rest (streams that never end) and returns. `port` is the real one, also when 0 was asked for. Only what comes
    from `proxies` may say by X-Forwarded-For on whose behalf.
    """

    def __init__(
        self, app: ASGIApp, host: str, port: int, stop_within: float = 5, *, proxies: str | None = None
    ) -> None:
        self._app, self._host, self.port, self._stop_within = app, host, port, stop_within
        self._proxies = proxies
        self._server: _Uvicorn | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        bound = _bound(self._host, self.port)
        self.port = bound.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            http="httptools",
            lifespan="on",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=self._proxies is not None,
            forwarded_allow_ips=self._proxies or "",
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=max(1, round(self._stop_within)),
        )
        self._server = _Uvicorn(config)
        self._task = asyncio.create_task(self._server.serve([bound]))
        answering = asyncio.create_task(self._server.answering.wait())
        await asyncio.wait({self._task, answering}, return_when=asyncio.FIRST_COMPLETED)
        answering.cancel()
        if self._task.done():
            bound.close()
            self._task.result()

    async def stop(self) -> None:
        if self._server and self._task:
            self._server.should_exit = True
            await self._task


def _bound(host: str, port: int) -> socket.socket:
    family, kind, proto, _, address = socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)[0]
    bound = socket.socket(family, kind, proto)  # asyncio sends without delay (40 ms) only where TCP is said by name
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"can't listen on {host}:{port}: {error.strerror}") from error
    return bound


def on_stop_signal(callback: Callable[[], None]) -> None:
    """Call back on SIGTERM and SIGINT, in the running loop; nothing else happens by itself."""
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, callback)
