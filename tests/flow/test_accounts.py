"""Whose accounts are kept at the desk: they are told of what concerns their unit, from the day they work there."""

from sanfu.contracts.envelope import instant
from tests.flow.parts import ON_BOTH
from tests.support.city import City, local

UNIT = "water"
PHONE = "13800008888"


@ON_BOTH
async def test_an_officer_whose_account_was_made_here_hears_of_lights_and_one_who_left_does_not(city: City) -> None:
    issue = await city.report("hotline", category="drainage", text="下水道堵了，路面都是水。")
    limit = await city.limit(issue)
    keeper, leaves = city.person("system_administrator"), city.officer(UNIT)
    old = city.phone("officer", UNIT)
    await keeper.make("users", {"id": "li-na", "name": "李娜", "unit": UNIT, "phone": PHONE})
    await keeper.make("grants", {"user": "li-na", "role": "officer", "unit": UNIT})
    await keeper.make("hand-overs", {"from": leaves.id, "to": "li-na", "at": instant(local("2026-05-08 09:00"))})

    await city.advance_to(limit)
    assert [one.at for one in city.sms.to(PHONE) if "红灯" in one.text] == [limit]
    assert [one.at for one in city.sms.to(old) if "红灯" in one.text] == []
