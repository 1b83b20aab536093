"""Issues in, deadlines and lights out, on real parts with a clock that the test moves."""

from collections import Counter
from datetime import datetime

from sanfu.contracts import names
from sanfu.runtime.kafka import KafkaBroker
from tests.integration.sla.world import assigned, client, handled, lights, running, said
from tests.support.eventually import eventually
from tests.unit.sla.policies import local


async def test_a_dispatch_gets_its_deadline_and_its_lights_each_at_its_instant_and_once(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker, cleared: None
) -> None:
    async with running(kafka, mongo, prefix, "2026-03-10 09:15") as (service, clock):
        assert all(await broker.publish([assigned("issue-1", "2026-03-10 09:15")]))
        found = await eventually(lambda: said(broker, names.DEADLINE_SET), within=20)
        assert [body["limit"] for _, body in found] == ["2026-03-13T09:30:00.000Z"]
        clock.set(local("2026-03-12 17:29"))
        clock.set(local("2026-03-12 17:30"))
        await eventually(lambda: lights(broker), within=20)
        assert await lights(broker) == {("issue-1", "yellow"): 1}
        clock.set(local("2026-03-13 17:30"))

        async def both() -> bool:
            return len(await lights(broker)) == 2

        await eventually(both, within=20)
        http = client(service)
        listed = (await http.get("/v1/clocks", params={"light": "red", "unit": "tax"})).json()
        assert [(one["issue"], one["clock"]) for one in listed["items"] if one["clock"] == "unit_handling"] == [
            ("issue-1", "unit_handling")
        ]
        explained = (await http.get("/v1/clocks/issue-1/handling/explanation")).json()
        assert explained["limit"] == explained["announced"] == "2026-03-13T09:30:00.000Z"
        assert (await http.get("/v1/clocks/issue-2")).status_code == 404


async def test_a_backlog_with_overdue_timers_in_it_makes_no_false_red_and_a_rebuild_says_nothing_again(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker, cleared: None
) -> None:
    async with running(kafka, mongo, prefix, "2026-03-10 09:15"):
        await broker.publish([assigned(f"issue-{n}", "2026-03-10 09:15") for n in range(40)])

        async def all_set() -> bool:
            return len(await said(broker, names.DEADLINE_SET)) == 40

        await eventually(all_set, within=20)
    in_time = [handled(f"issue-{n}", "2026-03-13 17:29") for n in range(0, 40, 2)]
    assert all(await broker.publish(in_time))
    async with running(kafka, mongo, prefix, "2026-03-13 18:30"):

        async def late_ones_are_red() -> bool:
            return sum(n for (_, level), n in (await lights(broker)).items() if level == "red") >= 20

        await eventually(late_ones_are_red, within=20)
    reds = Counter(subject for subject, level in (await lights(broker)).elements() if level == "red")
    assert reds == {f"issue-{n}": 1 for n in range(1, 40, 2)}
    before = await lights(broker)
    async with running(kafka, mongo, prefix, "2026-03-13 18:31", empty=True) as (service, _):

        async def rebuilt() -> bool:
            return len(await service.documents.read([f"issue-{n}" for n in range(40)])) == 40 and service.reader.ready

        await eventually(rebuilt, within=20)
    assert await lights(broker) == before
    assert len(await said(broker, names.DEADLINE_SET)) == 40


def test_local_times_are_those_of_the_shipped_pack() -> None:
    assert local("2026-03-10 09:15") == datetime.fromisoformat("2026-03-10T01:15:00+00:00")
