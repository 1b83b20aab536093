"""The main job: in, to whom it concerns, handled, asked after, closed; and everybody told."""

from tests.flow.parts import ON_BOTH
from tests.support.city import City
from tests.support.people import Issue

PHONE, EMAIL = "13911112222", "wang.xiaoming@mail.example"
WHOLE_LIFE = ["submitted", "assigned", "acknowledged", "contacted", "handled", "followed-up", "closed"]


async def lamp(city: City, **more: object) -> Issue:
    """A report that an operator of the hotline has put into a category, so that a rule is sure of it."""
    return await city.report("hotline", category="road-lamp", **more)


async def lived(city: City) -> Issue:
    """A report that went the whole way."""
    issue = await lamp(city)
    await city.officer("housing-construction").do_all(issue)
    await city.person("follow_up_caller").follow_up(issue, satisfied=5)
    return issue


@ON_BOTH
async def test_an_ordinary_report_goes_from_receipt_to_closing_and_the_party_is_told(city: City) -> None:
    issue = await lamp(city)
    officer = city.officer("housing-construction")

    assert await city.state(issue) == "assigned"
    await officer.acknowledge(issue)
    assert await city.state(issue) == "acknowledged"
    await officer.contact(issue)
    assert await city.state(issue) == "contacted"
    await officer.handle(issue)
    assert await city.state(issue) == "handled"
    await city.person("follow_up_caller").follow_up(issue, satisfied=5)

    assert await city.state(issue) == "closed"
    told = [one for one in await city.story(issue) if one.source in ("intake", "router", "desk")]
    assert [one.type for one in told] == [*WHOLE_LIFE[:5], "follow-up-planned", *WHOLE_LIFE[5:]]
    assert told[-1].data["kind"] == "resolved"
    first, asked, last = city.sms.to(PHONE)
    assert issue.receipt in first.text
    assert "已收到" in first.text
    assert issue.receipt in last.text
    assert "http://city.example/my/" in asked.text
    assert "已销号" in last.text
    assert len(city.mail.to(EMAIL)) == 3


async def test_the_unit_is_told_by_email_what_it_has_to_do_and_until_when(city: City) -> None:
    issue = await lamp(city)
    [mail] = city.mail.to(city.pack.units["housing-construction"].mailbox or "")
    assert issue.receipt in f"{mail.subject} {mail.text}"
    assert "5月6日 17:30" in mail.text


async def test_a_receipt_number_alone_shows_state_and_dates_only(city: City) -> None:
    issue = await lived(city)
    shown = await city.receipt(issue)
    assert set(shown) == {"receipt", "received_at", "state", "dates", "due_at"}
    assert set(shown["dates"]) == {name.replace("-", "_") for name in WHOLE_LIFE}
    assert {value[:4] for value in (*shown["dates"].values(), shown["received_at"], shown["due_at"])} == {"2026"}


async def test_a_units_topic_tells_the_whole_story_in_order(city: City) -> None:
    issue = await lived(city)
    records = await city.unit_topic("housing-construction", issue)
    numbers = [int(one.headers["ce_unitsequence"]) for one in records]
    assert numbers == list(range(1, len(records) + 1))
    assert [one.type for one in records if one.type in WHOLE_LIFE] == WHOLE_LIFE[1:]
    assert records[0].data["issue"]["text"] == issue.said["text"]
    assert [one.type for one in records][-1] == "closed"
    story = {one.headers["ce_id"] for one in await city.story(issue)}
    assert {one.headers["ce_id"] for one in records} <= story


async def test_personal_data_is_in_the_sealed_contact_and_nowhere_else(city: City) -> None:
    party = {"name": "欧阳婉儿", "phone": "13755556666", "email": "wan@home.example", "address": "绣湖西路9幢301"}
    text = "我是欧阳婉儿，家住绣湖西路9幢301，请打13755556666或写信到wan@home.example。路灯坏了。"
    issue = await lamp(city, party=party, text=text)
    await city.officer("housing-construction").do_all(issue)

    everything = await city.everything()
    assert [value for value in party.values() if value in everything] == []
    assert await city.contact(issue, "party") == {**party, "language": None}
    assert (await city.contact(issue, "original"))["text"] == text
    assert "路灯坏了" in everything, "what is not personal is told: else this test would prove nothing"
    assert [one.to for one in city.sms.got if one.to == party["phone"]] == [party["phone"]] * 2


async def test_the_officer_in_charge_reads_the_contact_and_an_officer_of_another_unit_does_not_see_the_case(
    city: City,
) -> None:
    issue = await lamp(city)
    contact = await city.officer("housing-construction").reads_contact(issue)
    assert contact["party"]["phone"] == PHONE
    assert await city.officer("tax").sees(issue) is None


async def test_whoever_handled_it_cannot_close_it_and_the_office_may(city: City) -> None:
    issue, officer = await lamp(city), city.officer("housing-construction")
    await officer.do_all(issue)
    await city.person("follow_up_caller").follow_up(issue, "partly", satisfied=3)
    words = "剩余部分已列入计划，特此说明。"
    for handler in (officer, city.head("housing-construction")):
        await handler.close(issue, "explained", reply=words, refused="not-now")
    await city.person("coordination_office").close(issue, "explained", reply=words)
    assert await city.state(issue) == "closed"


async def test_nothing_closes_without_contact_handling_and_follow_up(city: City) -> None:
    issue, officer, office = await lamp(city), city.officer("housing-construction"), city.person("coordination_office")
    for step in (officer.acknowledge, officer.contact, officer.handle):
        await office.close(issue, "resolved", refused="not-now")
        await step(issue)
    await office.close(issue, "resolved", refused="not-now")
    assert await city.state(issue) == "handled"
    await city.person("follow_up_caller").follow_up(issue)
    assert await city.state(issue) == "closed"


async def test_what_the_party_calls_unresolved_is_handled_again_in_a_new_round(city: City) -> None:
    issue, officer = await lamp(city), city.officer("housing-construction")
    await officer.do_all(issue)
    await city.person("follow_up_caller").follow_up(issue, "no", satisfied=1)
    assert await city.state(issue) == "followed_up"
    await city.person("coordination_office").order(issue, "reopen", {"reason": "当事人反映仍未修好。"})
    assert await city.state(issue) == "assigned"
    await officer.acknowledge(issue)
    await officer.contact(issue)
    await officer.handle(issue, "第二次上门，已更换灯头并试亮。")
    await city.person("follow_up_caller").follow_up(issue, satisfied=4)
    assert await city.state(issue) == "closed"
    assert [one.data["round"] for one in await city.of(issue, "handled")] == [1, 2]


async def test_a_party_is_told_in_the_language_it_asked_for(city: City) -> None:
    await lamp(city, language="en")
    [sms] = city.sms.to(PHONE)
    assert "we have your report" in sms.text
