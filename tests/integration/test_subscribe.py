"""A department's programmer does what docs/subscribe.md shows, on a Kafka with TLS, accounts and rights."""

import asyncio
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import orjson
import pytest

from sanfu.contracts import names
from sanfu.contracts.access import of_units
from sanfu.runtime.broker import BrokerDown
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.security import security
from sanfu.runtime.serving import Server
from sanfu.runtime.settings import ServiceSettings
from sanfu.stack import parts
from sanfu.stack.onboarding import PROGRAMS
from sanfu.stack.places import checkout
from tests.support.city import REPORT, City, on_real_parts
from tests.support.eventually import eventually
from tests.support.parts import create_topics
from tests.support.people import Issue, token
from tests.support.secured import SCRAM, Secured, secured_broker
from tests.unit.desk.test_replies import reply

PAGE = (checkout() / "docs" / "subscribe.md").read_text(encoding="utf-8")
ONBOARD, PYTHON, SHELL, ANSWERS, LETTERS, KEY, READS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
UNIT, OTHER = "water", "tax"
TOOLS = {
    "kafka-console-consumer.sh": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "kafka-console-producer.sh": "org.apache.kafka.tools.ConsoleProducer",
}


def test_the_page_shows_the_program_that_a_unit_is_given() -> None:
    [shown] = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    assert shown == files("sanfu.stack").joinpath("unit/subscriber.py.txt").read_text(encoding="utf-8")
    assert len(shown.splitlines()) <= 30
    assert "subscriber.py" in PROGRAMS


@dataclass(slots=True)
class Typing:
    """Somebody at a shell, in a folder of their own."""

    folder: Path
    environment: Mapping[str, str]
    numbers: list[int] = field(default_factory=list)

    async def types(self, block: str, until: str = "", **more: str) -> str:
        """Run a block of the page; return what it printed. What does not end by itself is ended `until` it printed
        this."""
        self.numbers.append(1)
        log = self.folder / f"typed-{len(self.numbers)}"
        environment = {**os.environ, **self.environment, **more}
        with log.open("wb") as output:
            shell = await asyncio.create_subprocess_exec(
                "bash", "-ec", block, cwd=self.folder, env=environment, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        try:
            if until:
                await eventually(lambda: until in log.read_text(errors="replace"), within=120)
            else:
                assert await asyncio.wait_for(shell.wait(), 120) == 0, log.read_text(errors="replace")
        finally:
            if shell.returncode is None:
                os.killpg(shell.pid, signal.SIGKILL)
                await shell.wait()
        return log.read_text(errors="replace")


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured_broker(tmp_path_factory.mktemp("secured"), [f"unit-{OTHER}"], []) as broker:
        yield broker


@pytest.fixture
def typing(tmp_path: Path, secured: Secured, prefix: str) -> Typing:
    """With `./sanfu`, this Python, and Kafka's tools as its own distribution has them."""
    jars = shlex.quote(f"{parts.kafka(checkout() / '.sanfu' / 'parts')}/*")
    quiet = "-Dorg.apache.logging.log4j.level=ERROR"
    scripts = {f"bin/{name}": f'java -cp {jars} {quiet} {program} "$@"' for name, program in TOOLS.items()}
    scripts |= {"sanfu": f'{sys.executable} -m sanfu.stack "$@"', "bin/python3": f'{sys.executable} "$@"'}
    scripts |= {"bin/pip": f'{sys.executable} -m pip "$@"'}
    (tmp_path / "bin").mkdir()
    for name, line in scripts.items():
        (tmp_path / name).write_text(f"#!/bin/sh\nexec {line}\n")
        (tmp_path / name).chmod(0o755)
    city = {"KAFKA": secured.kafka, "CA": str(secured.ca), "ADMIN": secured.admin, "SANFU_PREFIX": prefix}
    return Typing(tmp_path, {**city, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"})


async def test_a_unit_is_on_board_by_what_the_page_shows_and_reaches_nothing_else(
    secured: Secured, mongo: str, prefix: str, typing: Typing
) -> None:
    async with on_real_parts(secured.admin, mongo, prefix) as city:
        own = [names.replies_topic(UNIT), names.refused_replies_topic(UNIT)]
        await create_topics(secured.admin, {name.replace("sanfu", prefix, 1): 1 for name in own})
        told = await typing.types(ONBOARD)
        assert "account and rights given" in told
        assert "docs/events.md: what comes, what may be answered" in told
        assert {*PROGRAMS, "unit.env", "client.properties", "schemas"} <= {
            one.name for one in typing.folder.glob("water/*")
        }
        assert (typing.folder / "water" / "unit.env").stat().st_mode & 0o077 == 0
        issue = await city.report("hotline", title="停水了", text="小区停水两天。")
        await city.person("reviewer").dispatch(issue, UNIT)

        printed = await typing.types(PYTHON, until="sanfu.issue.acknowledged.v1")
        assert f"{issue.id} 1 sanfu.issue.dispatched.v1" in printed
        [event] = await city.of(issue, "acknowledged")
        assert event.data["by"] == {"id": UNIT, "role": "unit_system", "unit": UNIT}
        assert issue.id in await typing.types(SHELL, until="sanfu.issue.acknowledged.v1")
        await typing.types(ANSWERS, ISSUE=issue.id)

        async def answered() -> bool:
            return bool(await city.of(issue, "reply-refused"))

        await eventually(answered, within=30)
        await city.quiet()
        [contacted] = await city.of(issue, "contacted")
        assert contacted.headers["ce_causationid"] == "command:water:reply:our-0042"
        assert (await city.of(issue, "reply-refused"))[0].data["reply"] == "our-0043"
        back = await typing.types(LETTERS, until="no-such-issue")
        assert "sanfu_problem:urn:sanfu:problem:case-unknown" in back
        await reads_for_an_officer(city, typing, issue)
        await kept_apart(secured, prefix, typing, city)


async def reads_for_an_officer(city: City, typing: Typing, issue: Issue) -> None:
    """The unit's key fetches who said it for an officer of the unit, by what the page shows."""
    server = Server(city.services["desk"].app, "127.0.0.1", 0)
    await server.start()
    try:
        desk = f"http://127.0.0.1:{server.port}"
        administrator = token(city.person("system_administrator").id)
        key = orjson.loads(await typing.types(KEY, DESK=desk, ADMINISTRATOR=administrator))["key"]
        read = await typing.types(READS, DESK=desk, ISSUE=issue.id, API_KEY=key)
    finally:
        await server.stop()
    assert REPORT["party"]["phone"] in read
    assert read.endswith('{"items":[]}')
    found = (await city.person("auditor").reads(f"readings?system={UNIT}:oa"))["items"]
    assert [one["user"] for one in found] == ["water-officer"] * 2


async def kept_apart(secured: Secured, prefix: str, typing: Typing, city: City) -> None:
    """The account reads its own topics and writes its own replies; of another unit's it does not even see them."""
    await secured.grant([one for one in of_units([OTHER]) if one.principal == f"unit-{OTHER}"], prefix)
    password = re.findall(r"PASSWORD='?([^'\n]+)", (typing.folder / "water" / "unit.env").read_text())[0]
    water = secured.account(f"unit-{UNIT}", SCRAM, kafka_password=password)
    for account, unit, other in ((water, UNIT, OTHER), (secured.account(f"unit-{OTHER}"), OTHER, UNIT)):
        settings = ServiceSettings(prefix=prefix, **account)
        broker = KafkaBroker(settings.kafka, prefix, send_within=5, security=security(settings))
        await broker.start()
        try:
            seen = {name for name in await broker.topics() if ".units." in name or ".replies." in name}
            assert seen == {names.unit_topic(unit), names.replies_topic(unit), names.refused_replies_topic(unit)}
            assert await broker.publish([reply("acknowledge", unit=unit)]) == [True]
            assert await broker.publish([reply("acknowledge", unit=other)]) == [False]
            for topic, group in (
                (names.unit_topic(other), f"unit.{unit}.x"),
                (names.unit_topic(unit), f"unit.{other}.x"),
            ):
                with pytest.raises(BrokerDown, match="AuthorizationFailed"):
                    await broker.subscribe(topic, group=group, member="x").start()
            if unit == UNIT:
                assert await broker.read(names.refused_replies_topic(unit))
        finally:
            await broker.stop()
    await city.quiet()
    assert orjson.dumps(await city.texts([names.replies_topic(UNIT)])).count(b"oa:") == 1
