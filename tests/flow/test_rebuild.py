"""Router, sla and desk get their databases back from an hour ago, or lose them: nobody hears anything again. (That each
alone may lose its own is in `tests/integration`.)"""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from sanfu.contracts import names
from sanfu.runtime.broker import Incoming
from sanfu.runtime.service import real_parts
from sanfu.runtime.settings import ServiceSettings
from tests.support.city import City, on_real_parts
from tests.support.eventually import eventually
from tests.support.people import Issue

PROJECTIONS = ("router", "sla", "desk")
UNIT = "water"
Databases = dict[str, dict[str, list[dict[str, Any]]]]


async def saved(of: Callable[[str], Any]) -> Databases:
    """Everything in the projections' databases."""
    found: Databases = {}
    for service in PROJECTIONS:
        parts = of(service)
        collections = await parts.database.list_collection_names()
        found[service] = {name: await parts.database[name].find().to_list(None) for name in collections}
        parts.database.client.close()
    return found


async def put_back(of: Callable[[str], Any], backup: Databases) -> None:
    """Make the projections' databases what they were in a backup; one that is not in it is empty."""
    for service in PROJECTIONS:
        parts = of(service)
        await parts.database.client.drop_database(parts.database.name)
        for name, documents in backup.get(service, {}).items():
            if documents:
                await parts.database[name].insert_many(documents)
        parts.database.client.close()


def subjects(databases: Databases) -> dict[str, dict[str, Any]]:
    """What each service knows of each issue, without how often it was written and what was sent by then."""
    return {
        service: {
            one["_id"]: {k: v for k, v in one.items() if k not in ("ver", "outbox", "applied")}
            for one in collections["subjects"]
        }
        for service, collections in databases.items()
    }


async def an_hour(city: City, issues: list[Issue]) -> None:
    """What happens between the backup and the loss: work, a new report, a return, and a yellow light."""
    await city.officer(UNIT).contact(issues[0])
    await city.officer(UNIT).handle(issues[0])
    issues.append(await city.report("hotline", category="road-lamp"))
    await city.officer("housing-construction").give_back(issues[2], "urban-management")
    await city.advance(hours=1)


def said(record: Incoming) -> dict[str, Any]:
    """What the directory says of somebody; that it is said again under a new version tells nobody anything."""
    return {k: v for k, v in orjson.loads(record.value or b"{}").items() if k not in ("version", "as_of")}


async def told(city: City) -> dict[str, Any]:
    """Everything that anybody could have heard. A unit's copy may come again as it was: its id tells."""
    units = [unit.code for unit in city.pack.units.values() if unit.has_topic]
    return {
        "story": len(await city.broker.read(names.ISSUES)),
        "units": set(await city.texts([names.unit_topic(unit) for unit in units])),  # a copy may come twice
        "directory": {record.key: said(record) for record in await city.broker.read(names.DIRECTORY)},
        "messages": len(city.sms.got) + len(city.mail.got),
    }


async def lost(city: City, of: Callable[[str], Any], backup: Databases) -> None:
    before, heard = subjects(await saved(of)), await told(city)
    await city.stop(*PROJECTIONS)
    await put_back(of, backup)
    await city.start(*PROJECTIONS)
    await eventually(lambda: not any(one.watcher.rebuilding for one in city.services.values()))  # commands are taken
    assert subjects(await saved(of)) == before
    assert await told(city) == heard


@pytest.mark.parametrize("backup", [pytest.param("none", marks=pytest.mark.full), "an hour old"])
async def test_a_lost_or_an_old_database_is_rebuilt_to_the_same_state_and_nobody_hears_anything_again(
    kafka: str, mongo: str, prefix: str, backup: str
) -> None:
    settings = ServiceSettings.model_validate({"kafka": kafka, "mongo": mongo, "prefix": prefix})

    def of(service: str) -> Any:
        return real_parts(settings, service)

    async with on_real_parts(kafka, mongo, prefix, "2026-05-08 17:00") as city:
        issues = [await city.report("hotline", category="drainage") for _ in range(2)]
        await city.officer(UNIT).acknowledge(issues[0])
        kept = await saved(of) if backup != "none" else {}
        await an_hour(city, issues)
        await lost(city, of, kept)
        await goes_on(city, issues)


async def goes_on(city: City, issues: list[Issue]) -> None:
    """After it everything takes its course: what was handled is closed, what was not turns red, once."""
    handled, waiting = issues[0], issues[1]
    await city.person("follow_up_caller").follow_up(handled, satisfied=5)
    assert await city.state(handled) == "closed"
    assert await city.lights(handled) == []
    await city.advance_to(await city.limit(waiting))
    assert [level for level, _ in await city.lights(waiting)] == ["yellow", "red"]
