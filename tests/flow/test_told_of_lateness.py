"""A light that nobody sees is not a light: of the office's lateness, and of a unit's first steps, somebody hears."""

from tests.support.city import City, local

UNIT = "water"
UNSURE = {"title": "咨询一件事", "text": "想问一件事该找谁。"}


async def test_a_review_that_nobody_makes_in_time_is_told_the_offices_mailbox_and_head_at_the_next_hour_of_lists(
    city: City,
) -> None:
    office = city.pack.office_unit
    mailbox, head = city.pack.units[office].mailbox or "", city.phone("unit_head", office)
    reviewed, waits = [await city.report("hotline", **UNSURE) for _ in range(2)]
    limit = await city.limit(waits, "review")
    assert local("2026-05-06 14:00") < limit < local("2026-05-07 08:30")
    await city.advance_to(limit)
    assert [level for level, _ in await city.lights(waits, "review")] == ["red"]
    assert not any("超时" in one.text for one in (*city.sms.to(head), *city.mail.to(mailbox)))
    await city.person("reviewer").dispatch(reviewed, UNIT, "complex")
    await city.advance_to(local("2026-05-07 08:30"))
    for told in (city.sms.to(head), city.mail.to(mailbox)):
        late = [one.text for one in told if f"{waits.receipt}" in one.text and "审核" in one.text]
        assert len(late) == 1, "once"
        assert not any(reviewed.receipt in one.text and "审核" in one.text for one in told), "its light is out"


async def test_the_head_hears_that_an_enterprise_was_not_called_within_the_hour(city: City) -> None:
    issue = await city.report("enterprise_seat", audience="enterprise", category="drainage", text="厂区下水道堵了。")
    unit = (await city.of(issue, "assigned"))[0].data["unit"]
    limit = await city.limit(issue, "enterprise_first_call")
    await city.advance_to(limit)
    for role in ("officer", "unit_head"):
        said = [one.text for one in city.sms.to(city.phone(role, unit)) if "企业首次联系" in one.text]
        assert len(said) == 1, role
        assert issue.receipt in said[0]
