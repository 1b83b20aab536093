"""MongoDB or Kafka is away while people work with affairs and files, units end, and deadlines are reckoned anew:
a clear answer, nothing lost, nothing half done."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import httpx
import pytest

from sanfu.contracts import names
from sanfu.runtime.mongo import connect
from tests.e2e import test_desk_crashes as desks
from tests.e2e import test_sla_crashes as slas
from tests.e2e.test_desk_crashes import LAMP, OFFICER
from tests.e2e.test_sla_crashes import MANY
from tests.flow.test_succession import FORMER, HEIR, LAST_DAY
from tests.integration.sla.world import assigned as dispatched
from tests.support.cases import OFFICE, PDF, as_user, assigned
from tests.support.mortal import OPS, Mortal
from tests.support.servers import Servers

Ask = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
WORK: Mapping[str, Ask] = {
    "a command": lambda client: client.post(
        f"/v1/cases/{LAMP}/contact", json={"result": "reached"}, headers={"Idempotency-Key": "k-c", **as_user(OFFICER)}
    ),
    "an order": lambda client: client.post(
        "/v1/orders",
        json={"level": "red", "unit": FORMER, "issues": [LAMP], "text": "请书面说明。"},
        headers={"Idempotency-Key": "k-o", **as_user(OFFICE)},
    ),
    "a file": lambda client: client.post(
        f"/v1/cases/{LAMP}/evidence",
        content=PDF,
        headers={"Content-Type": "application/octet-stream", **as_user(OFFICER)},
    ),
}
REPLAN: Ask = lambda client: client.post("/v1/replan", json={}, headers=OPS)  # noqa: E731


async def refused(copy: Mortal, ask: Ask) -> None:
    """It says that it can't now, as a problem that names when to ask again."""
    answer = await ask(copy.client)
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0


async def kept(it: desks.World) -> tuple[int, int, int]:
    """How many orders there are, files, and contents of files."""
    client = connect(it.place.mongo)
    database = client.get_database(f"{it.place.prefix}_desk")
    found = [await database[name].count_documents({}) for name in ("affairs", "evidence", "evidence_files.files")]
    client.close()
    return found[0], found[1], found[2]


async def told(it: desks.World, type: str) -> int:
    return sum(n for (_, _, each), n in (await it.tale()).items() if each == type)


async def done(it: desks.World) -> None:
    """All of the work is answered, and the same again."""
    for what, ask in WORK.items():
        for _ in range(2):
            assert (await it.desk.answer(ask)).is_success, what


async def test_while_mongodb_is_away_orders_and_files_are_refused_and_each_is_made_once_when_it_is_back(
    servers: Servers, tmp_path: Path
) -> None:
    async with desks.opened(servers.bootstrap, servers.uri, tmp_path) as it:
        await it.tell(LAMP, assigned(FORMER))
        await it.does(OFFICER, f"cases/{LAMP}/acknowledge")
        servers.mongo.kill()
        try:
            await asyncio.gather(*(refused(it.desk, ask) for ask in WORK.values()))
        finally:
            await asyncio.to_thread(servers.mongo.start)
        await it.sees(f"cases/{LAMP}", "acknowledged")
        assert await kept(it) == (0, 0, 0), "what was refused is not half done"
        await done(it)
        await it.desk.quiet()
        assert await kept(it) == (1, 1, 1)
        assert [await told(it, type) for type in (names.ISSUE_CONTACTED, names.ORDER_RAISED)] == [1, 1]
        assert it.desk.process.poll() is None, "it waited"


async def test_while_kafka_is_away_work_goes_on_and_units_end_and_each_is_told_once_when_it_is_back(
    servers: Servers, tmp_path: Path
) -> None:
    async with desks.opened(servers.bootstrap, servers.uri, tmp_path) as it:
        await it.tell(LAMP, assigned(FORMER))
        await it.does(OFFICER, f"cases/{LAMP}/acknowledge")
        servers.kafka.kill()
        try:
            await done(it)
            it.place.jump(f"{LAST_DAY} 00:01")
            await it.desk.shows(f"/v1/cases/{LAMP}", lambda seen: seen["unit"] == HEIR, **as_user(OFFICE))
            assert it.desk.process.poll() is None
        finally:
            await asyncio.to_thread(servers.kafka.start)
        await it.desk.shows("/ops/quiet", lambda seen: seen["quiet"], **OPS)
        await it.desk.shows(f"/v1/cases/{LAMP}", lambda seen: seen["affairs"], **as_user(OFFICE))
        assert await kept(it) == (1, 1, 1)
        told_once = (names.ISSUE_CONTACTED, names.ORDER_RAISED, names.AFFAIR_NOTED)
        assert [await told(it, type) for type in told_once] == [1, 1, 1]
        assert await told(it, names.UNIT_SUCCEEDED) == 2, "of the case and of the order"


async def gone_through(it: slas.World, away: Callable[[], Awaitable[None]]) -> None:
    """Have deadlines reckoned anew while something is away; each is moved once."""
    await it.ready()
    await it.broker.publish([dispatched(f"issue-{n:02}", "2026-03-10 09:15") for n in range(MANY)])
    await it.tells(names.DEADLINE_SET, MANY)
    await it.sla.again_by(it.place.environment(it.longer))
    await it.ready()
    await away()
    found = await it.sla.shows("/v1/replan", lambda seen: seen["state"] == "done")
    assert (found["looked"], found["left"]) == (MANY, 0)
    await it.tells(names.DEADLINE_SET, 2 * MANY)
    await it.sla.quiet()
    versions = [(fact[2], n) for fact, n in (await it.told()).items() if fact[1] == "handling"]
    assert versions == [(1, MANY), (2, MANY)]
    assert it.sla.deaths == 0


@pytest.mark.full
async def test_a_replan_from_which_mongodb_is_taken_away_goes_on_when_it_is_back(
    servers: Servers, tmp_path: Path
) -> None:
    async with slas.opened(servers.bootstrap, servers.uri, tmp_path) as it:

        async def away() -> None:
            assert (await it.sla.answer(REPLAN)).status_code == 202
            servers.mongo.kill()
            try:
                await refused(it.sla, REPLAN)
            finally:
                await asyncio.to_thread(servers.mongo.start)

        await gone_through(it, away)


@pytest.mark.full
async def test_a_replan_is_gone_through_while_kafka_is_away(servers: Servers, tmp_path: Path) -> None:
    async with slas.opened(servers.bootstrap, servers.uri, tmp_path) as it:

        async def away() -> None:
            servers.kafka.kill()
            try:
                assert (await it.sla.answer(REPLAN)).status_code == 202
                await it.sla.shows("/v1/replan", lambda seen: seen["state"] == "done")
            finally:
                await asyncio.to_thread(servers.kafka.start)

        await gone_through(it, away)
