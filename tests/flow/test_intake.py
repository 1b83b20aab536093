"""How a report comes in: with and without a name, twice, while Kafka is away; and how a person is forgotten."""

from sanfu.runtime.memory import MemoryBroker
from tests.support.city import City

PHONE = "13911112222"


async def test_an_anonymous_report_is_handled_like_any_other_and_nobody_is_told(city: City) -> None:
    issue = await city.report(party=None)
    [submitted] = await city.of(issue, "submitted")
    assert submitted.data["contact"] == "none"
    await city.person("reviewer").dispatch(issue, "housing-construction", "complex")
    await city.officer("housing-construction").do_all(issue)
    await city.person("follow_up_caller").looks(issue)
    assert await city.state(issue) == "closed"
    staff = {person.phone for person in city.pack.staff.values()}
    assert [one.to for one in city.sms.got if one.to not in staff] == []


async def test_the_same_report_sent_twice_is_one(city: City) -> None:
    said = {"channel": "hotline", "external_id": "T-2026-0001", "category": "road-lamp"}
    first, _ = await city.post(**said)
    again, _ = await city.post(**said)
    await city.quiet()
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["id"], first.json()["receipt"]) == (again.json()["id"], again.json()["receipt"])
    issue = city.taken(first)
    assert len(await city.of(issue, "submitted")) == 1
    assert len(await city.of(issue, "assigned")) == 1
    assert len(city.sms.to(PHONE)) == 1


async def test_another_body_under_a_known_key_is_a_conflict_and_changes_nothing(city: City) -> None:
    first, _ = await city.post("hotline", key="one-key-0000000000", category="road-lamp")
    other, _ = await city.post("hotline", key="one-key-0000000000", category="noise")
    await city.quiet()
    assert other.status_code == 409
    assert other.headers["content-type"] == "application/problem+json"
    issue = city.taken(first)
    assert (await city.of(issue, "submitted"))[0].data["category"] == "road-lamp"
    assert len(await city.story(issue)) == len({one.headers["ce_id"] for one in await city.story(issue)})


async def test_while_kafka_is_away_reports_are_receipted_and_afterwards_everything_catches_up(city: City) -> None:
    assert isinstance(city.broker, MemoryBroker)
    city.broker.down = True
    towns = ("fotang", "choucheng", "futian")
    answers = [(await city.post("hotline", category="road-lamp", place={"town": town}))[0] for town in towns]
    assert [answer.status_code for answer in answers] == [201] * 3
    issues = [city.taken(answer) for answer in answers]
    assert [await city.state(issue) for issue in issues] == ["submitted"] * 3

    city.broker.down = False
    await city.quiet()
    assert [await city.state(issue) for issue in issues] == ["assigned"] * 3
    for issue in issues:
        told = [one.type for one in await city.story(issue) if one.source in ("intake", "router")]
        assert told == ["submitted", "assigned"]
        assert len(await city.unit_topic("housing-construction", issue)) > 0
    assert len(city.sms.to(PHONE)) == 3


async def test_a_person_who_was_erased_is_told_nothing_more_and_nobody_can_read_who_it_was(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    assert len(city.sms.to(PHONE)) == 1
    await city.erase(phone=PHONE)

    officer = city.officer("housing-construction")
    assert (await officer.reads_contact(issue))["party"] is None
    await officer.do_all(issue)
    await city.person("follow_up_caller").follow_up(issue)
    assert await city.state(issue) == "closed"
    assert len(city.sms.to(PHONE)) == 1
