"""The main job: in, to whom it concerns, handled, asked after, closed; and everybody told."""

from tests.support.city import City


async def test_an_ordinary_report_goes_from_receipt_to_closing_and_the_party_is_told(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
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
    assert [one.type for one in told] == [
        "submitted", "assigned", "acknowledged", "contacted", "handled", "followed-up", "closed",
    ]  # fmt: skip
    assert told[-1].data["kind"] == "resolved"
    first, last = city.sms.to("13911112222")
    assert issue.receipt in first.text
    assert "已收到" in first.text
    assert issue.receipt in last.text
    assert "已销号" in last.text
    assert len(city.mail.to("wang.xiaoming@mail.example")) == 2
