"""What desk has corrected of a party: whoever is erased is found by it, what is added is masked by it, and links that
went to the old number add nothing."""

from datetime import timedelta
from typing import Any

from sanfu.contracts import names
from sanfu.runtime.links import Link, Links
from tests.support.eventually import eventually
from tests.support.telling import contact, erased
from tests.unit.intake.test_adding import add, added, form, receipt
from tests.unit.intake.test_erasing import erase, sent
from tests.unit.intake.world import KEYS, NOW, World

RIGHT = {"name": "王小鸣", "phone": "13733334444"}
BY = {"id": "office-caller-1", "role": "follow_up_caller", "unit": "three-services-office"}


def corrections(world: World) -> dict[str, Any]:
    return world.documents.others["corrections"]


async def correct(world: World, issue: str, version: int = 1, **party: str) -> None:
    record = contact(issue, version, writer="desk", party={**RIGHT, **party})
    assert all(await world.broker.publish([record]))
    await eventually(lambda: corrections(world).get(issue, {}).get("version") == version)


async def test_a_party_is_erased_by_the_number_that_desk_wrote_down(world: World) -> None:
    issue = await sent(world, "1")
    other = await sent(world, "2")
    await correct(world, issue)
    assert await erase(world, phone="137 3333-4444") == [issue]
    await world.service.commands.drain()
    assert [key for key, record in await world.contacts() if record is None] == [f"{issue}/intake"]
    assert issue not in corrections(world)
    assert await erase(world, phone="13733334444") == []
    assert world.documents.others["contacts"][other]["boxes"], "nobody else is forgotten"


async def test_who_gave_nothing_when_reporting_is_erased_by_what_desk_wrote_down(world: World) -> None:
    issue = await sent(world, "1", party=None)
    await correct(world, issue)
    assert await erase(world, phone=RIGHT["phone"]) == [issue]
    await world.service.commands.drain()
    assert (f"{issue}/intake", None) in await world.contacts()
    assert await erase(world, phone=RIGHT["phone"]) == []


async def test_only_the_last_number_that_desk_wrote_down_counts(world: World) -> None:
    issue = await sent(world, "1")
    await correct(world, issue)
    await correct(world, issue, 2, phone="13755556666")
    stale = contact(issue, 1, writer="desk", party=RIGHT)
    await world.broker.publish([stale])
    assert await erase(world, phone=RIGHT["phone"]) == []
    assert await erase(world, phone="13755556666") == [issue]


async def test_what_desk_takes_back_is_dropped_here_too(world: World) -> None:
    issue = await sent(world, "1")
    await correct(world, issue)
    await world.broker.publish([erased(issue, "desk")])
    await eventually(lambda: issue not in corrections(world))


async def test_what_is_added_does_not_name_the_party_as_it_was_corrected(world: World) -> None:
    issue, number = await receipt(world)
    await correct(world, issue)
    await add(world, number, "我是王小鸣，就在桥头。")
    [told] = await added(world)
    assert ("王小鸣" in told["text"], "桥头" in told["text"]) == (False, True)
    assert "王小鸣" not in str(corrections(world)), "it rests sealed"


async def test_a_link_that_went_to_the_old_number_adds_nothing_and_the_new_one_does(world: World) -> None:
    issue, number = await receipt(world)
    old, new = (Links.of(KEYS).token(Link(number, "p", NOW + timedelta(days=1), n)) for n in (0, 1))
    body = {"by": BY, "version": 1, "fields": ["phone"], "because": "wrong_number", "link": "none",
            "link_until": None, "round": 1}  # fmt: skip
    await world.hear(issue, names.CONTACT_CORRECTED, body)
    for token, adds in ((old, False), (new, True)):
        _, back = await form(world, token, text="就在桥头。", key=token)
        assert ("failed=add" in back) is not adds
    assert len(await added(world)) == 1
