"""Of whom nothing is left to be told: who was erased, who has died; and what a confidential issue's messages keep."""

from typing import Any

from tests.flow.test_emergencies_rung import deliveries
from tests.support.assembling import OPS_TOKEN
from tests.support.city import City, in_memory, local

UNIT = "water"
PHONE, MAIL = "13911112222", "wang.xiaoming@mail.example"
AUTHORIZED = {"Authorization": f"Bearer {OPS_TOKEN}"}


async def letters(city: City) -> list[dict[str, Any]]:
    """What is kept of a rehearsal."""
    answer = await city.client("notify").get("/v1/rehearsal", params={"limit": "200"}, headers=AUTHORIZED)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_of_who_was_erased_no_letter_is_left_nothing_tells_where_it_went_and_nothing_more_is_sent() -> None:
    async with in_memory() as city:
        await city.stop("notify")
        city.notify["rehearsal"] = True
        await city.start("notify")
        issue = await city.report("hotline", category="drainage", text="下水道堵了，路面都是水。")
        await city.report("hotline", category="drainage", party={"name": "李四", "phone": "13911114444"})
        theirs = [one for one in await letters(city) if issue.receipt in one["text"] and "您" in one["text"]]
        assert {one["medium"] for one in theirs} == {"sms", "email"}
        await city.erase(phone=PHONE)
        left = {one["id"]: one["to"][-3:] for one in await letters(city)}
        assert "444" in left.values(), "the other party's"
        assert [one["id"] for one in theirs if one["id"] in left] == []
        await city.officer(UNIT).do_all(issue)
        await city.advance_to(local("2026-05-12 09:00"))
        told = [one for one in await deliveries(city, subject=issue.id) if one["recipient"] == "party"]
        assert {one["state"] for one in told} == {"sent", "skipped"}
        assert {one["why"] for one in told if one["state"] == "skipped"} == {"erased"}


async def test_of_who_was_erased_while_a_message_waits_for_the_morning_nothing_is_sent_then() -> None:
    async with in_memory("2026-05-06 22:00") as city:
        issue = await city.report("hotline", category="drainage", text="下水道堵了，路面都是水。")
        asked = {"subject": issue.id, "medium": "email", "state": "sent"}
        [mail] = [one for one in await deliveries(city, **asked) if one["recipient"] == "party"]
        assert mail["provider_id"] is not None
        await city.erase(phone=PHONE)
        [left] = [one for one in await deliveries(city, **asked) if one["recipient"] == "party"]
        assert left == {**mail, "provider_id": None}, "nothing tells any more which mail at the provider it was"
        await city.advance_to(local("2026-05-07 09:00"))
        assert city.sms.to(PHONE) == []
        told = [one for one in await deliveries(city, subject=issue.id, medium="sms") if one["recipient"] == "party"]
        assert {(one["state"], one["why"]) for one in told} == {("skipped", "erased")}


async def test_of_who_has_died_the_party_is_told_nothing_more_and_those_who_handle_it_are(city: City) -> None:
    issue = await city.report("hotline", category="drainage", text="下水道堵了，路面都是水。")
    before = len(city.sms.to(PHONE)) + len(city.mail.to(MAIL))
    await city.person("coordination_office").order(issue, "party_deceased", {"source": "家属来电告知"})
    await city.officer(UNIT).acknowledge(issue)
    await city.officer(UNIT).order(issue, "ask_extension", {"reason": "等待配件"})
    await city.person("coordination_office").order(issue, "decide_extension", {"granted": True})
    await city.advance_to(local("2026-05-12 18:00"))
    assert len(city.sms.to(PHONE)) + len(city.mail.to(MAIL)) == before, "not even what the law owes"
    told = [one for one in await deliveries(city, subject=issue.id) if one["state"] == "skipped"]
    assert {one["why"] for one in told if one["recipient"] == "party"} == {"party_deceased"}
    assert [one for one in city.sms.to(city.phone("officer", UNIT)) if "红灯" in one.text]


async def test_no_message_of_a_confidential_issue_names_category_place_unit_or_a_word_of_it(city: City) -> None:
    text = "举报：寺前街的下水道是某单位自己堵上的，请为我保密。"
    issue = await city.report("hotline", category="drainage", text=text, secrecy="confidential")
    await city.person("reviewer").dispatch(issue, UNIT)
    await city.advance_to(local("2026-05-12 18:00"))
    told = [one for one in (*city.sms.got, *city.mail.got) if issue.receipt in f"{one.subject} {one.text}"]
    assert {"交办", "红灯"} <= {
        word for one in told for word in ("交办", "红灯") if word in f"{one.subject} {one.text}"
    }
    pack = city.pack
    words = [pack.categories["drainage"].name("zh"), pack.units[UNIT].name("zh"), pack.units["fotang"].name("zh")]
    said = "\n".join(f"{one.subject} {one.text}" for one in told)
    assert [word for word in (*words, "寺前街", "下水道") if word in said] == []
