"""Of pictures everybody sees over Open311 those alone that an officer kept for everybody, and while that holds."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sanfu.contracts import names
from sanfu.runtime.file_links import EVERYBODYS, FileLink, FileLinks
from tests.support.cases import assigned
from tests.unit.intake.open311 import get, post, taken, wrong
from tests.unit.intake.world import KEYS, World, running

LINKS = FileLinks.of(KEYS, b"public evidence")
MENDED, PAPER, INTERNAL, RECEIVED = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)


def file(id: str, *, kind: str = "image/jpeg", owner: str = "desk", public: bool = True) -> dict[str, Any]:
    return {"id": id, "owner": owner, "sha256": "0" * 64, "media_type": kind, "size": 9, "public": public}


EVIDENCE = [file(PAPER, kind="application/pdf"), file(INTERNAL, public=False), file(RECEIVED, owner="intake"),
            file(MENDED)]  # fmt: skip


@pytest.fixture
async def lamp(world: World) -> str:
    """A request that a unit has."""
    id = taken(await post(world))
    await world.told()
    await world.hear(id, names.ISSUE_ASSIGNED, assigned())
    return id


def example(type: str, **more: Any) -> dict[str, Any]:
    """A body as the contract's own example has it."""
    text = files("sanfu.contracts").joinpath("examples", f"{type}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return {**found.get("body", found), **more}


async def handled(world: World, id: str) -> None:
    await world.hear(id, names.ISSUE_HANDLED, example(names.ISSUE_HANDLED, evidence=EVIDENCE, outcome="solved"))


async def test_a_picture_kept_for_everybody_is_shown_with_request_and_update(world: World, lamp: str) -> None:
    await handled(world, lamp)
    [shown] = await get(world, "requests.json")
    [*_, update] = await get(world, "servicerequestupdates.json")
    assert shown["media_url"] == update["media_url"] == f"http://intake/open311/media/{lamp}/{MENDED}"
    led = await world.client.get(shown["media_url"])
    assert led.status_code == 302
    there = urlsplit(led.headers["location"])
    assert (there.netloc, there.path) == ("city.example", f"/v1/public-evidence/{MENDED}")
    query = parse_qs(there.query)
    link = FileLink(MENDED, query["until"][0], query["signature"][0])
    assert LINKS.purpose(link, (EVERYBODYS,), world.clock.now()) == EVERYBODYS


@pytest.mark.parametrize("other", [PAPER, INTERNAL, RECEIVED, "e" * 32])
async def test_no_other_file_is_led_to(world: World, lamp: str, other: str) -> None:
    await handled(world, lamp)
    assert wrong(await world.client.get(f"/open311/media/{lamp}/{other}"), 404)
    assert wrong(await world.client.get(f"/open311/media/nothing/{MENDED}"), 404)
    assert wrong(await world.client.get(f"/open311/media/{lamp}/x"), 400)


AFTER: Mapping[str, dict[str, Any]] = {
    names.SECRECY_CHANGED: example(names.SECRECY_CHANGED, before="open", secrecy="confidential"),
    names.COMPLETION_VOIDED: example(names.COMPLETION_VOIDED),
    names.ISSUE_REFUSED: example(names.ISSUE_REFUSED, reason="spam"),
}


@pytest.mark.parametrize("type", AFTER)
async def test_it_is_shown_no_more_once_that_holds_no_more(world: World, lamp: str, type: str) -> None:
    await handled(world, lamp)
    await world.hear(lamp, type, AFTER[type])
    shown = await world.client.get("/open311/v2/requests.json")
    assert MENDED not in shown.text
    assert MENDED not in (await world.client.get("/open311/v2/servicerequestupdates.json")).text
    assert wrong(await world.client.get(f"/open311/media/{lamp}/{MENDED}"), 404)


async def test_where_nobody_said_where_desk_is_there_are_no_pictures() -> None:
    async with running(public_url=None) as world:
        id = taken(await post(world))
        await world.told()
        await handled(world, id)
        [shown] = await get(world, "requests.json")
        assert shown["media_url"] is None
        assert wrong(await world.client.get(f"/open311/media/{id}/{MENDED}"), 404)
