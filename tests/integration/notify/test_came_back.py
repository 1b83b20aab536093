"""What stands in the README for whoever looks after a mail server or a gateway, run as it stands: over real sockets."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from sanfu.city.watching import PackHolder
from sanfu.notify.adapters.webhook import secret_bytes
from sanfu.notify.app import assemble
from sanfu.notify.carrying import Senders
from sanfu.notify.ports import Provider, Receipts
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.service import Parts
from sanfu.stack.places import checkout
from tests.integration.notify.providers import served
from tests.support.packs import SHIPPED
from tests.support.telling import START, ScriptedSender
from tests.unit.notify.test_bounces import ID, SECRET, mail, told
from tests.unit.notify.test_service import SETTINGS, Bench, fresh_broker, shown

SCRIPT = checkout() / "deploy" / "came-back.sh"
README = (checkout() / "services" / "notify" / "README.md").read_text(encoding="utf-8")
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@asynccontextmanager
async def at_a_port() -> AsyncIterator[tuple[Bench, str]]:
    """A notify with a mail server and a gateway of its own, and where it is."""
    sms, email, broker, clock = ScriptedSender(), ScriptedSender(), fresh_broker(), ManualClock(START)
    by: Senders = {
        "sms": [Provider("own", sms, receipts=Receipts(None, "gateway", keys=[secret_bytes(KEY)]))],
        "email": [Provider("mail", email, receipts=Receipts(SECRET, "smtp"))],
    }
    service = assemble(SETTINGS, Parts(broker, MemoryDocuments(), clock), PackHolder(SHIPPED), by)
    await service.start()
    app = FastAPI()
    app.mount("/", service.app)
    async with served(app) as where:
        yield Bench(service, broker, clock, sms, email), where
    await service.stop()


async def run(*command: str, stdin: bytes = b"", **environment: str) -> tuple[int, bytes]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=pipe, env={**os.environ, "NO_PROXY": "*", **environment}
    )
    said, _ = await process.communicate(stdin)
    return process.returncode or 0, said


@pytest.mark.parametrize("more", [b"", b"x" * 3_000_000], ids=["short", "long"])
async def test_the_pipe_hands_over_what_came_back_and_has_the_mail_server_wait_while_notify_is_away(
    tmp_path: Path, more: bytes
) -> None:
    place = tmp_path / "came-back.curl"
    async with at_a_port() as (bench, where):
        id = await told(bench, "i1")
        place.write_text(f'url = "{where}/callbacks/mail/{SECRET}"\n')
        assert await run(str(SCRIPT), str(place), stdin=mail("exim-gone", id) + more) == (0, b"")
        (one,) = await shown(bench, medium="email")
        assert (one["state"], one["why"]) == ("failed", "unreachable: 5.1.1")
        assert await run(str(SCRIPT), str(place), stdin=b"Subject: I am away\n\n") == (0, b"")
        place.write_text(f'url = "{where}/callbacks/mail/a-guess-of-twenty-four-letters"\n')
        assert (await run(str(SCRIPT), str(place), stdin=mail("exim-gone", ID)))[0] == 75
    assert (await run(str(SCRIPT), str(place), stdin=mail("exim-gone", ID)))[0] == 75


async def test_the_readmes_lines_sign_a_receipt() -> None:
    (lines,) = re.findall(r"```sh\n(sign\(\).*?)```", README, re.S)
    async with at_a_port() as (bench, where):
        await told(bench, "i1")
        (one,) = await shown(bench, medium="sms")
        command = lines.replace('"id": "…"', f'"id": "{one["id"]}"')
        assert await run("sh", "-c", command, KEY=KEY, NOTIFY=where) == (0, b'{"taken":1}')
        assert [one["state"] for one in await shown(bench, medium="sms")] == ["delivered"]
