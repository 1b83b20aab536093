"""Who is asked whether it was solved: by the channel it came by."""

from typing import Any

from tests.support.city import City
from tests.support.people import Issue, Person

UNIT = "housing-construction"


async def handled(city: City, channel: str, **more: Any) -> Issue:
    issue = await city.report(channel, title="路灯不亮", text="三盏路灯不亮", **more)
    await city.person("reviewer").dispatch(issue, UNIT)
    await city.officer(UNIT).do_all(issue)
    return issue


def caller(city: City) -> Person:
    return city.person("follow_up_caller")


async def test_what_a_medium_reported_is_closed_when_its_desk_and_a_look_at_the_place_call_it_resolved(
    city: City,
) -> None:
    issue = await handled(city, "media")
    await caller(city).follow_up(issue, of="desk", method="call")
    assert await city.state(issue) == "handled"
    assert (await city.receipt(issue))["state"] == "handled"
    await caller(city).looks(issue)
    assert await city.state(issue) == "closed"
    assert "follow-up-answered" not in [one.type for one in await city.unit_topic(UNIT, issue)]


async def test_what_a_superior_sent_is_not_closed_by_the_partys_word_alone(city: City) -> None:
    issue = await handled(city, "superior", filer={"id": "jinhua-office", "unit": None, "phone": "057900000001"})
    await caller(city).follow_up(issue, of="party", method="call")
    assert await city.state(issue) == "handled"
    await caller(city).follow_up(issue, "no", of="office", reason="省督查组复核未达标")
    assert await city.state(issue) == "followed_up"
    await city.person("coordination_office").order(issue, "reopen", {"reason": "上级复核认为未解决。"})
    assert await city.state(issue) == "assigned"


async def test_a_grid_worker_is_sent_no_partys_link_and_the_villages_committee_is_called(city: City) -> None:
    filer = {"id": "fotang-window-officer", "unit": "fotang-window", "phone": "13911113333"}
    issue = await handled(city, "grid", party=None, filer=filer)
    [plan] = await city.of(issue, "follow-up-planned")
    assert (plan.data["of"], plan.data["need"], plan.data["link"]) == ("committee", "call", "none")
    await city.advance(days=6)
    assert await city.state(issue) == "handled", "nobody's silence lets it close"
    await caller(city).follow_up(issue)
    assert await city.state(issue) == "closed"
