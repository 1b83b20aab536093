"""Two copies of each service share the work: one command to this, the next to that, and whole copies go away."""

from collections import Counter
from itertools import pairwise

from sanfu.contracts import names
from sanfu.contracts.registry import SERVICES
from sanfu.contracts.wire import peek
from tests.support.city import City, on_real_parts
from tests.support.people import Issue

UNIT = "water"
SECONDS = tuple(f"{service}/1" for service in SERVICES)


async def reported(city: City) -> list[Issue]:
    return [await city.report("hotline", category="drainage") for _ in range(4)]


async def shared(city: City) -> None:
    """Each copy has some of the partitions, all together have all of them."""
    for service in SERVICES:
        held = [set(city.services[name].reader.partitions) for name in (service, f"{service}/1")]
        assert all(held), f"{service}: {held}"
        assert not held[0] & held[1], f"{service}: {held}"


async def test_two_copies_of_each_service_do_everything_once(kafka: str, mongo: str, prefix: str) -> None:
    async with on_real_parts(kafka, mongo, prefix) as city:
        await city.start(*SECONDS)
        await shared(city)
        issues = await reported(city)
        officer, caller = city.officer(UNIT), city.person("follow_up_caller")
        await officer.do_all(issues[0])
        await caller.follow_up(issues[0], satisfied=5)
        await city.stop(*SERVICES)  # the second copies have it all now
        await city.quiet()
        await city.advance_to(await city.limit(issues[-1]))
        await city.start(*SERVICES)
        await city.advance(days=1)
        await right(city, issues)


async def right(city: City, issues: list[Issue]) -> None:
    for number, issue in enumerate(issues):
        closed = number < 1
        assert await city.state(issue) == ("closed" if closed else "assigned")
        for clock in ("unit_handling", "handling"):
            levels = [level for level, _ in await city.lights(issue, clock)]
            assert levels == ([] if closed else ["yellow", "red"])
        on_topic = [int(one.headers["ce_unitsequence"]) for one in await city.unit_topic(UNIT, issue)]
        assert list(dict.fromkeys(on_topic)) == list(range(1, max(on_topic) + 1))
    told = Counter(one.text for one in city.sms.to("13911112222"))
    assert len(told) == sum(told.values()) == 4 + 2, "a receipt for each; one link, one closing"
    assert await holes(city) == []


async def holes(city: City) -> list[str]:
    """First appearances in the story that don't follow the one before of the same source."""
    firsts: dict[tuple[str, str], list[int]] = {}
    for record in await city.broker.read(names.ISSUES):
        heads = peek(record.headers)
        seen = firsts.setdefault((heads.subject, heads.source), [0])
        if heads.sequence not in seen:
            seen.append(heads.sequence)
    return [f"{place}: {b} behind {a}" for place, seen in firsts.items() for a, b in pairwise(seen) if b != a + 1]
