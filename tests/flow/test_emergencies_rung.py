"""Emergencies pass the night, limits and lists, and ring where somebody is: over all services, in the shipped city."""

from typing import Any

from tests.flow.test_told_decently import UNIT
from tests.support.assembling import OPS_TOKEN
from tests.support.city import City, in_memory, local

ALARM = "紧急！"
RAISED = {"urgency": "emergency", "reason": "路面塌方，有人掉下去了"}


async def deliveries(city: City, **asked: str) -> list[dict[str, Any]]:
    """What notify's log says."""
    headers = {"Authorization": f"Bearer {OPS_TOKEN}"}
    answer = await city.client("notify").get("/v1/deliveries", params={"limit": "200", **asked}, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def rung(city: City) -> list[str]:
    return [one.to for one in city.sms.got if ALARM in one.text]


async def test_what_waits_for_the_morning_goes_at_once_when_its_issue_becomes_an_emergency() -> None:
    async with in_memory("2026-05-06 23:30") as city:
        issue, other = [
            await city.report("hotline", category="drainage", text=f"下水道堵了，第{n}处") for n in range(2)
        ]
        held = [one for one in await deliveries(city, subject=issue.id) if one["state"] == "held"]
        assert {(one["template"], one["why"]) for one in held} >= {("receipt-party-sms", "quiet_hours")}
        await city.advance_to(local("2026-05-07 03:00"))
        await city.person("coordination_office").order(issue, "raise_urgency", RAISED)
        assert {one["state"] for one in await deliveries(city, subject=issue.id)} <= {"sent", "skipped"}
        assert [(one.at, issue.receipt in one.text) for one in city.sms.to("13911112222")] == [(city.clock.now(), True)]
        assert city.phone("duty_officer", "emergency") in rung(city)
        waits = [one for one in await deliveries(city, subject=other.id) if one["state"] == "held"]
        assert [one["template"] for one in waits] == ["receipt-party-sms"]
        await city.advance_to(local("2026-05-07 09:00"))
        assert [one.at for one in city.sms.to("13911112222")][1:] == [local("2026-05-07 08:00")]


async def test_what_waits_in_a_list_goes_by_itself_when_its_issue_becomes_an_emergency(city: City) -> None:
    mailbox = city.pack.units[UNIT].mailbox or ""
    issues = [await city.report("hotline", category="drainage", text=f"下水道堵了，第{n}处。") for n in range(4)]
    await city.person("coordination_office").order(issues[2], "raise_urgency", RAISED)
    assert {one.subject for one in city.mail.to(mailbox)} == {f"新交办事项（{one.receipt}）" for one in issues[::2]}
    await city.advance(minutes=10)
    whole = city.mail.to(mailbox)[-1]
    assert [one.receipt in whole.text for one in issues] == [False, True, False, True]


async def test_where_nobody_is_at_the_duty_officers_number_the_units_duty_phone_rings_at_once(city: City) -> None:
    dead, phone = city.phone("duty_officer", "emergency"), city.pack.units["emergency"].duty_phone or ""
    city.sms.gone.add(dead)
    await city.advance_to(local("2026-05-10 03:00"))
    issue = await city.report("hotline", category="gas", text="燃气泄漏，有人晕倒，快来人！", urgency="emergency")
    assert phone in rung(city)
    told = [one for one in await deliveries(city, subject=issue.id) if one["template"] == "emergency-duty-sms"]
    ours = {(one["state"], one["why"], one["again_of"] is None) for one in told if one["unit"] == "emergency"}
    assert ours == {("failed", "5.1.1", True), ("sent", None, False)}
    [failed] = [one.data for one in await city.of(issue, "delivery-failed") if one.data["unit"] == "emergency"]
    assert (failed["recipient"], failed["reason"]) == ("duty_officer", "5.1.1")
    later = await city.report("hotline", category="gas", text="又有燃气泄漏，有人晕倒！", urgency="emergency")
    told = [one for one in await deliveries(city, subject=later.id) if one["template"] == "emergency-duty-sms"]
    assert [one["state"] for one in told if one["unit"] == "emergency"] == ["sent"]


async def test_who_is_said_later_to_be_at_no_number_has_the_duty_phone_ring_then(city: City) -> None:
    issue = await city.report("hotline", category="gas", text="燃气泄漏，有人晕倒，快来人！", urgency="emergency")
    [alarm] = [one for one in city.sms.to(city.phone("duty_officer", "emergency")) if ALARM in one.text]
    phone = city.pack.units["emergency"].duty_phone or ""
    assert phone not in rung(city)
    for _ in range(2):
        await city.say_of("sms", alarm, state="failed", code="MBBLACK", dead=True)
    assert rung(city).count(phone) == 1
    assert issue.receipt in city.sms.to(phone)[-1].text
