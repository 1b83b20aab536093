"""The receiver of docs/hooks.md takes what is signed, and nothing else; also while its secret is changed."""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from sanfu.notify.adapters.hook_calls import HookCaller
from sanfu.notify.adapters.plan import planned_hooks
from sanfu.notify.domain.delivery import Retry, Sent
from sanfu.stack.places import checkout
from sanfu.stack.programs import free_port
from tests.support.eventually import eventually

[PROGRAM] = re.findall(r"^```python\n(.*?)^```", (checkout() / "docs" / "hooks.md").read_text("utf-8"), re.M | re.S)
OLD, NEW, OTHER = ("whsec_" + base64.b64encode(letter * 24).decode() for letter in (b"o", b"n", b"x"))


async def posted(port: int, *secrets: str) -> object:
    """Post a record as a service does that starts with this file of providers; return what came of it."""
    hook = {"url": f"http://127.0.0.1:{port}/", "secrets": secrets, "networks": ["127.0.0.0/8"]}
    planned = planned_hooks(json.dumps({"units": {"tax": hook}}))
    caller = HookCaller(planned["tax"], 5.0, httpx.create_ssl_context())
    answer = await caller.post({"ce-id": "e-1", "ce-subject": "i-1"}, "停水".encode())
    await caller.close()
    return answer.outcome


def started(port: int, *secrets: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "SECRET": " ".join(secrets), "PORT": str(port)}
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stderr=subprocess.DEVNULL)


@asynccontextmanager
async def receiving(*secrets: str) -> AsyncIterator[int]:
    """Run the page's program with these secrets; give its port."""
    port = free_port()
    process = started(port, *secrets)

    async def listens() -> bool:
        return await posted(port, OTHER) != Retry("unreachable")

    try:
        await eventually(listens, within=20)
        yield port
    finally:
        process.kill()
        process.wait()


async def test_the_receiver_on_the_page_takes_what_is_signed_and_nothing_else() -> None:
    assert len(PROGRAM.splitlines()) <= 22
    async with receiving(OLD) as port:
        assert await posted(port, OLD) == Sent(None)
        assert await posted(port, NEW) == Retry("http_401")


async def test_a_secret_is_changed_without_both_sides_having_to_do_it_at_once() -> None:
    async with receiving(OLD) as before, receiving(NEW) as after:
        for signing, taken in (([OLD], {before}), ([NEW, OLD], {before, after}), ([NEW], {after})):
            assert {port for port in (before, after) if await posted(port, *signing) == Sent(None)} == taken
