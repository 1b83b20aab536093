"""Router, sla and desk, one by one, after their database was lost or put back as it was an hour ago, when what they
tell is slow on its way. (On real parts: `test_rebuild.py`.)"""

import asyncio
import copy
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.memory import MemoryBroker
from sanfu.runtime.store import Documents
from tests.support.city import City
from tests.support.eventually import eventually
from tests.support.people import Issue

PROJECTIONS = ("router", "sla", "desk")
UNIT = "housing-construction"


async def lamp(city: City, **more: object) -> Issue:
    return await city.report("hotline", category="road-lamp", **more)


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is published be on its way for a while, so that others' events come between a cause and its effect."""
    dice, at_once = random.Random(7), MemoryBroker.publish

    async def later(broker: MemoryBroker, records: Sequence[Outgoing]) -> list[bool]:
        await asyncio.sleep(dice.random() * 0.05)
        return await at_once(broker, records)

    monkeypatch.setattr(MemoryBroker, "publish", later)


def held(store: Documents) -> dict[str, Any]:
    """All that a database holds but its settings."""
    return {part: getattr(store, part) for part in ("documents", "others", "kept_marks")}


async def morning(city: City) -> list[Issue]:
    """What had happened when the backup was taken: one closed, one handled, one under way, one untouched."""
    closed, handled, begun, fresh = [await lamp(city, title=f"早晨{n}") for n in range(4)]
    officer = city.officer(UNIT)
    for one in (closed, handled):
        await officer.do_all(one)
    await city.person("follow_up_caller").follow_up(closed, satisfied=5)
    await officer.acknowledge(begun)
    return [closed, handled, begun, fresh]


async def hour(city: City, issues: list[Issue]) -> list[Issue]:
    """What happened in the hour that is lost: all of them move on, new ones come, an emergency turns red."""
    _, handled, begun, fresh = issues
    officer = city.officer(UNIT)
    emergency = await city.report("hotline", category="road-lamp", urgency="emergency", text="电线断落在路上，冒火花。")
    unsure = await city.report("hotline")
    await city.advance(minutes=30)
    await city.person("follow_up_caller").follow_up(handled, "no", satisfied=1)
    await officer.contact(begun)
    await officer.handle(begun)
    await officer.give_back(fresh, "water")
    new = await lamp(city, title="新来的")
    await city.advance(minutes=30)
    return [*issues, emergency, unsure, new]


async def documents(city: City, service: str, issues: list[Issue]) -> dict[str, dict[str, Any]]:
    """Documents without what depends on when and how often something was written."""
    found = await city.services[service].documents.read([issue.id for issue in issues])
    return {id: shown(document) for id, document in found.items()}


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in document.items() if name not in ("ver", "outbox")}
    return {**kept, "applied": [each["key"] for each in document.get("applied", [])]}


async def told(city: City) -> dict[str, Any]:
    """Everything that anybody was told, each record of the story and each message as often as it was."""
    story: dict[str, list[Any]] = defaultdict(list)
    for record in await city.broker.read(names.ISSUES):
        story[record.key or ""].append((record.headers, record.value))
    return {"story": story, "sms": list(city.sms.got), "mail": list(city.mail.got)}


async def on_units_topics(city: City, issues: list[Issue]) -> dict[tuple[str, str], tuple[str, Any]]:
    """Each record of the units' topics once, by unit and `ce_id`: its number there, and what it says."""
    found: dict[tuple[str, str], tuple[str, Any]] = {}
    for unit in [unit.code for unit in city.pack.units.values() if unit.has_topic]:
        for issue in issues:
            for one in await city.unit_topic(unit, issue):
                record = (one.headers["ce_unitsequence"], one.data)
                assert found.setdefault((unit, one.headers["ce_id"]), record) == record, "one id, two contents"
    return found


@pytest.mark.parametrize("store", ["empty", "an hour old"])
async def test_a_rebuilt_service_stands_where_it_stood_and_tells_nobody_anything_again(city: City, store: str) -> None:
    issues = await morning(city)
    backups = {name: copy.deepcopy(held(city.services[name].documents)) for name in PROJECTIONS}
    issues = await hour(city, issues)
    stood = {name: await documents(city, name, issues) for name in PROJECTIONS}
    said, copied = await told(city), await on_units_topics(city, issues)
    assert len(copied) > 20
    for name in PROJECTIONS:
        await city.stop(name)
        documents_of = city.parts(name).documents
        await documents_of.wipe()
        if store != "empty":
            for part, was in backups[name].items():
                setattr(documents_of, part, was)
        await city.start(name)
        await eventually(lambda: city.services[name].commands.closed() is None)  # noqa: B023
        assert await documents(city, name, issues) == stood[name], name
        assert await told(city) == said, name
    assert await on_units_topics(city, issues) == copied
    await lives_on(city, issues)


async def lives_on(city: City, issues: list[Issue]) -> None:
    """What was under way ends, and what comes new begins, with lights."""
    begun, new = issues[2], issues[-1]
    await city.person("follow_up_caller").follow_up(begun, satisfied=4)
    assert await city.state(begun) == "closed"
    assert (await city.unit_topic(UNIT, begun))[-1].type == "closed"
    await city.advance_to(await city.limit(new))
    assert [level for level, _ in await city.lights(new)][-1] == "red"
