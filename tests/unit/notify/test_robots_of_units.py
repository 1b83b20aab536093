"""A unit's people hear together of its robot or endpoint, and each by one of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sanfu.city.watching import PackHolder
from sanfu.notify.app import assemble
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.service import Parts
from tests.support.packs import copied, edited
from tests.support.telling import START, ScriptedSender, unit, user
from tests.unit.notify.test_decency import lit
from tests.unit.notify.test_service import SETTINGS, Bench, fresh_broker, shown

OFFICER = "audience: officer\n    medium: "


@pytest.fixture(params=["dingtalk", "wecom", "webhook"])
def medium(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def bench(medium: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """A notify that tells officers of yellow lights by this medium; `sms` is who carries it."""
    root = copied(tmp_path)
    edited(root, "texts/lights.yaml", f"{OFFICER}sms", f"{OFFICER}{medium}")
    broker, clock, robot, email = fresh_broker(), ManualClock(START), ScriptedSender(), ScriptedSender()
    parts = Parts(broker, MemoryDocuments(), clock)
    service = assemble(SETTINGS, parts, PackHolder(root), {medium: robot, "email": email})
    await service.start()
    yield Bench(service, broker, clock, robot, email)
    await service.stop()
    assert service.failure is None


async def test_what_is_for_several_officers_comes_once_to_their_units_robot(bench: Bench) -> None:
    await bench.publish(unit("tax"), *(user(code, "tax", "officer") for code in ("a", "b", "c")))
    await lit(bench, "i1")
    assert [one.to for one in bench.sms.got] == ["tax"]
    [told] = [one for one in await shown(bench) if one["template"] == "yellow-officer-sms"]
    assert (told["state"], told["recipient"], told["user"]) == ("sent", "officer", None)


async def test_who_has_a_robot_of_their_own_hears_of_that(bench: Bench, medium: str) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer", reach={medium: "of-a"}))
    await lit(bench, "i1")
    assert [one.to for one in bench.sms.got] == ["of-a"]
