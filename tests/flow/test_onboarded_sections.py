"""A section that was onboarded: its topic has its part, its replies count, and its town hears as before."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.runtime.memory import MemoryBroker
from tests.flow.test_replies import answer
from tests.support.city import City, in_memory, running
from tests.support.packs import copied, onboarded
from tests.support.people import Issue

TOWN, SECTION = "fotang", "fotang-enforcement"


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[City]:
    async with in_memory(holder=PackHolder(onboarded(copied(tmp_path), SECTION))) as city:
        assert isinstance(city.broker, MemoryBroker)
        for topic in (names.replies_topic(SECTION), names.refused_replies_topic(SECTION)):
            city.broker.create(topic)
        async with running(city):
            yield city


async def called(city: City) -> Issue:
    """A village calls the section."""
    said = {"audience": "grassroots", "title": "山塘渗水", "text": "请到现场。", "unit": SECTION}
    return await city.report("whistle", **said)


async def test_an_onboarded_section_reads_what_it_leads_and_answers_by_topic_and_its_town_hears_too(city: City) -> None:
    issue = await called(city)
    first, *_ = told = await city.unit_topic(SECTION, issue)
    assert (first.type, first.data["unit"], first.data["issue"]["title"]) == ("assigned", SECTION, "山塘渗水")
    assert [int(one.headers["ce_unitsequence"]) for one in told] == [*range(1, len(told) + 1)]
    assert [one.type for one in await city.unit_topic(TOWN, issue)] == [one.type for one in told]
    await answer(city, issue, "acknowledge", unit=SECTION)
    assert [one.type for one in await city.unit_topic(SECTION, issue)][-1] == "acknowledged"
    [acknowledged] = await city.of(issue, "acknowledged")
    assert acknowledged.data["by"] == {"id": SECTION, "role": "unit_system", "unit": SECTION}


async def test_after_a_restart_of_router_its_topic_goes_on_where_it_was(city: City) -> None:
    issue = await called(city)
    await city.stop("router")
    await city.start("router")
    await city.officer(SECTION).acknowledge(issue)
    await city.quiet()
    told = await city.unit_topic(SECTION, issue)
    assert told[-1].type == "acknowledged"
    assert [int(one.headers["ce_unitsequence"]) for one in told] == [*range(1, len(told) + 1)]
    assert not await city.unit_topic("fotang-general", issue), "another section has none"
