"""A replan and the ladder on real parts: over HTTP, interrupted, and gone on with by the next process."""

from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from sanfu.contracts import names
from sanfu.runtime.kafka import KafkaBroker
from sanfu.sla import handlers
from tests.integration.sla.world import assigned, client, lights, running, said
from tests.support.eventually import eventually
from tests.support.packs import copied, edited
from tests.unit.sla.policies import local

MANY = 60
Place = tuple[str, str, str]


async def all_set(broker: KafkaBroker, count: int) -> bool:
    return len(await said(broker, names.DEADLINE_SET)) >= count


async def progress(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get("/v1/replan")).json()
    return found


async def test_a_replan_that_is_cut_off_goes_on_with_the_next_process_and_moves_each_deadline_once(
    place: Place, broker: KafkaBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers.Replanning, "__init__", _by_pages_of(4, handlers.Replanning.__init__))
    async with running(*place, "2026-03-10 09:15"):
        await broker.publish([assigned(f"issue-{n:02}", "2026-03-10 09:15") for n in range(MANY)])
        await eventually(lambda: all_set(broker, MANY), within=20)
    longer = copied(tmp_path)
    edited(longer, "policy.yaml", "grade: complex, limit: 3 calendar days", "grade: complex, limit: 7 calendar days")
    async with running(*place, "2026-03-11 09:00", city=longer) as (service, _):
        http = client(service)
        assert (await http.get("/v1/replan")).status_code == 404
        rows = [orjson.loads(line) for line in (await http.get("/v1/replan/changes")).text.splitlines()]
        assert (rows[-1]["issues"], rows[-1]["clocks"], len(rows)) == (MANY, 2 * MANY, 2 * MANY + 1)
        assert (await http.post("/v1/replan", json={"pack": "000000000000"})).status_code == 409
        begun = (await http.post("/v1/replan", json={"pack": rows[-1]["pack"]})).json()
        await eventually(lambda: all_set(broker, MANY + 8), within=20)
        assert (await http.post("/v1/replan", json={})).json()["id"] == begun["id"]
    async with running(*place, "2026-03-11 09:01", city=longer) as (service, clock):
        http = client(service)

        async def over() -> bool:
            return bool((await progress(http))["state"] == "done")

        await eventually(over, within=20)
        found = await progress(http)
        assert (found["looked"], found["changed"], found["left"]) == (MANY, MANY, 0)
        await eventually(lambda: all_set(broker, 2 * MANY), within=20)
        anew = [(subject, body) for subject, body in await said(broker, names.DEADLINE_SET) if body["version"] == 2]
        assert Counter(subject for subject, _ in anew) == {f"issue-{n:02}": 1 for n in range(MANY)}
        assert {(body["reason"], body["limit"]) for _, body in anew} == {("replanned", "2026-03-17T09:30:00.000Z")}
        clock.set(local("2026-03-14 09:00"))
        clock.set(local("2026-03-17 17:29"))
        await eventually(lambda: _yellow(broker), within=20)
        assert {level for _, level in await lights(broker)} == {"yellow"}


async def _yellow(broker: KafkaBroker) -> bool:
    return sum((await lights(broker)).values()) == MANY


def _by_pages_of(size: int, made: Any) -> Any:
    def init(self: handlers.Replanning, **parts: Any) -> None:
        made(self, **{**parts, "page": size})

    return init


async def test_the_ladder_is_climbed_once_through_a_restart_and_a_rebuild(place: Place, broker: KafkaBroker) -> None:
    async def climbed(steps: int) -> bool:
        return len(await said(broker, names.ESCALATION_RAISED)) >= steps

    async with running(*place, "2026-03-10 09:15") as (_, clock):
        await broker.publish([assigned("issue-1", "2026-03-10 09:15")])
        await eventually(lambda: all_set(broker, 1), within=20)
        clock.set(local("2026-03-13 17:30"))
        clock.set(local("2026-03-16 14:00"))
        await eventually(lambda: climbed(1), within=20)
    async with running(*place, "2026-03-16 17:30"):
        await eventually(lambda: climbed(2), within=20)
    async with running(*place, "2026-03-18 17:30", empty=True):
        await eventually(lambda: climbed(3), within=20)
    steps = [
        (body["step"], body["to_role"], body["skipped"]) for _, body in await said(broker, names.ESCALATION_RAISED)
    ]
    assert steps == [(1, "unit_head", False), (2, "unit_head", False), (3, "leader", False)]
