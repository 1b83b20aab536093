"""`./sanfu providers` and `./sanfu deliveries`, as an operator types them, against a notify that answers over HTTP."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner, Result

from sanfu.notify.domain.delivery import Rejected, Retry
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.serving import Server
from sanfu.stack.cli import app
from sanfu.stack.programs import PartError
from tests.support.eventually import eventually
from tests.support.telling import START, Story, contact, on_the_wire
from tests.unit.notify.test_service import PARTY, TOKEN, Bench, fresh_broker, made_on


@dataclass(slots=True)
class Operator:
    """Somebody at a shell, whose environment says where notify is."""

    bench: Bench

    async def types(self, line: str, answers: str = "") -> Result:
        """Run a command. Raises what it says is wrong."""
        runner = CliRunner(env={"COLUMNS": "200"})
        return await asyncio.to_thread(runner.invoke, app, line.split(" | "), input=answers, catch_exceptions=False)

    async def reads(self, line: str, answers: str = "") -> str:
        return (await self.types(line, answers)).output

    async def report(self, issue: str) -> None:
        await self.bench.publish(contact(issue, party=PARTY), on_the_wire(Story(issue).submitted()))
        await eventually(lambda: self.has(issue))

    async def has(self, issue: str) -> bool:
        rows = (await self.bench.ask("/v1/deliveries", subject=issue)).json()["items"]
        return bool(rows) and not any(one["state"] in {"sending", "held"} for one in rows)


@pytest.fixture
async def operator(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Operator]:
    bench = made_on(fresh_broker(), ManualClock(START))
    await bench.service.start()
    server = Server(bench.service.app, "127.0.0.1", 0)
    await server.start()
    monkeypatch.setenv("SANFU_NOTIFY_URL", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("SANFU_NOTIFY_KEY", TOKEN)
    yield Operator(bench)
    await server.stop()
    await bench.service.stop()


async def test_a_dead_provider_is_seen_with_what_it_said_and_what_waits(operator: Operator) -> None:
    operator.bench.sms.script.extend([Retry("http_402")] * 5)
    for number in range(6):
        await operator.report(f"i{number}")
    shown = await eventually(lambda: _rests(operator))
    assert re.search(r"sms +sms +rests .*http_402", shown)
    assert re.search(r"email +email +well ", shown)
    assert re.search(r"sms +queued .* +\d ", shown), "what waits stands below"
    assert (await operator.types("providers")).exit_code == 1, "nobody takes SMS"


async def _rests(operator: Operator) -> str:
    shown = await operator.reads("providers")
    return shown if "rests" in shown else ""


async def test_a_provider_is_put_aside_and_taken_back(operator: Operator) -> None:
    assert "put aside: it takes them, and nobody gets any" in await operator.reads(
        "providers | rest | sms/sms | --because | it takes them, and nobody gets any"
    )
    assert "was put aside before, since" in await operator.reads("providers | rest | sms | --because | another")
    await operator.report("i1")
    told = json.loads(await operator.reads("providers | --json"))
    assert [(one["medium"], one["state"], one["count"]) for one in told["waiting"]] == [("sms", "queued", 1)]
    assert "probed" in await operator.reads("providers | resume | sms")
    await eventually(lambda: operator.bench.sms.got)
    assert "nothing waits" in await operator.reads("providers")


async def test_deliveries_are_counted_listed_and_each_explained(operator: Operator) -> None:
    operator.bench.sms.script.append(Rejected("http_400"))
    await operator.report("i1")
    await operator.report("i2")
    shown = await operator.reads("deliveries | --medium | sms | --since | all")
    assert re.search(r"sms +failed +http_400 +1 ", shown)
    assert re.search(r"sms +sent +sms +1 ", shown)
    found = json.loads(await operator.reads("deliveries | --issue | i1 | --state | failed | --since | all | --json"))
    [one] = found["rows"]
    told = await operator.reads(f"deliveries | --why | {one['id']}")
    assert "http_400" in told
    assert "Mend the cause, then resend it." in told
    assert PARTY["phone"] not in shown + told
    assert "no such deliveries" in await operator.reads("deliveries | --provider | nobody | --since | all")
    assert "no such deliveries" in await operator.reads("deliveries | --critical | --since | all")
    listed = json.loads(await operator.reads("deliveries | --since | all | -n | 1 | --json"))
    assert (len(listed["rows"]), sum(one["count"] for one in listed["counts"])) == (1, 4)


async def test_what_failed_is_sent_again_once_for_the_same_words(operator: Operator) -> None:
    operator.bench.sms.script.extend([Rejected("http_400")] * 2)
    await operator.report("i1")
    await operator.report("i2")
    again = "deliveries | resend | --state | failed | --since | all | --because | the gateway is mended"
    with pytest.raises(PartError, match="nothing was sent again"):
        await operator.types(again, answers="n\n")
    assert "2 are on their way again, 0 are not" in await operator.reads(f"{again} | --yes")
    await eventually(lambda: len(operator.bench.sms.got) == 4)
    assert "0 are on their way again, 2 were sent again before" in await operator.reads(f"{again} | --yes")
    await eventually(operator.bench.quiet)
    assert len(operator.bench.sms.got) == 4, "the same words send each once"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "providers | rest | fax | --because | whatever",
            "there is no fax; there are sms/sms, email/email, inbox/inbox",
        ),
        ("providers | rest | sms | --because | x", r"\$\.because: .*at least 3 characters"),
        ("deliveries | --state | gone", "there is no state gone; there are queued, held"),
        ("deliveries | --since | yesterday", "takes 30m, 8h, 7d, 2026-05-01T08:00\\+08:00 or all, not yesterday"),
        ("deliveries | --medium | fax", "query.medium: .*sms"),
        ("deliveries | --why | nothing", "There is no delivery with this id"),
        ("deliveries | resend | --because | mended", "name deliveries by their ids, or choose them by --state"),
        ("deliveries | resend | --because | mended | --state | unknown", "there are no such deliveries"),
    ],
)
async def test_what_can_not_be_done_is_answered_with_what_would_be_right(
    operator: Operator, line: str, says: str
) -> None:
    with pytest.raises(PartError, match=says):
        await operator.types(line)


async def test_a_key_that_opens_nothing_or_is_not_there_is_told(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANFU_NOTIFY_KEY", "another-key-of-nobody")
    with pytest.raises(PartError, match="403 This is not the token"):
        await operator.types("providers")
    monkeypatch.delenv("SANFU_NOTIFY_KEY")
    with pytest.raises(PartError, match="set SANFU_NOTIFY_KEY_FILE, too"):
        await operator.types("providers")
    monkeypatch.setenv("SANFU_NOTIFY_KEY_FILE", "/nowhere/notify-key")
    with pytest.raises(PartError, match="/nowhere/notify-key can't be read"):
        await operator.types("providers")
