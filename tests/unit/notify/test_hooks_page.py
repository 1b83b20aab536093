"""The receiver of docs/hooks.md takes what is signed, and nothing else."""

import base64
import os
import re
import subprocess
import sys

import httpx

from sanfu.notify.adapters.hook_calls import Hook, HookCaller
from sanfu.notify.domain.addresses import networked
from sanfu.notify.domain.delivery import Retry, Sent
from sanfu.stack.places import checkout
from sanfu.stack.programs import free_port
from tests.support.eventually import eventually

[PROGRAM] = re.findall(r"^```python\n(.*?)^```", (checkout() / "docs" / "hooks.md").read_text("utf-8"), re.M | re.S)


def started(secret: str, port: int) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "SECRET": secret, "PORT": str(port)}
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stderr=subprocess.DEVNULL)


async def test_the_receiver_on_the_page_takes_what_is_signed_and_nothing_else() -> None:
    assert len(PROGRAM.splitlines()) <= 22
    port, old, new = free_port(), b"o" * 24, b"n" * 24
    secret = "whsec_" + base64.b64encode(old).decode()
    process = started(secret, port)

    async def post(*secrets: bytes) -> object:
        hook = Hook(f"http://127.0.0.1:{port}/", secrets, [networked("127.0.0.0/8")])
        caller = HookCaller(hook, 5.0, httpx.create_ssl_context())
        answer = await caller.post({"ce-id": "e-1", "ce-subject": "i-1"}, "停水".encode())
        await caller.close()
        return answer.outcome

    async def taken() -> bool:
        return await post(new, old) == Sent(None)

    try:
        await eventually(taken, within=20)
        assert await post(new) == Retry("http_401")
    finally:
        process.kill()
        process.wait()
