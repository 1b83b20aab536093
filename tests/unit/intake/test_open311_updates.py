"""Updates over Open311, as FixMyStreet writes and reads them."""

from sanfu.contracts import names
from sanfu.intake.handlers.channels import digest
from tests.unit.intake.open311 import V2, add, get, post, taken, wrong
from tests.unit.intake.world import APP, HOTLINE, OPS, World, report

BY = {"id": "reviewer-1", "role": "reviewer"}


async def test_an_update_is_added_once_and_does_not_say_who_wrote_it(world: World) -> None:
    id = taken(await post(world))
    await world.told()
    first = await add(world, id, media_url="https://p.example/2.jpg")
    assert (first.status_code, first.json()) == (201, [{"update_id": f"{id}.17"}])
    assert (await add(world, id, update_id="18", description="还有一盏。")).json() == [{"update_id": f"{id}.18"}]
    again = await add(world, id, media_url="https://p.example/2.jpg")
    assert (again.status_code, again.json()) == (200, [{"update_id": f"{id}.17"}])
    assert wrong(await add(world, id)), "another update under the same number"
    added = [one for one in await world.told() if "answers_question" in one]
    assert [one["text"] for one in added] == ["***说灯还是不亮。\nhttps://p.example/2.jpg", "还有一盏。"]
    assert added[0]["reported_at"] == "2026-03-02T01:00:00.000Z", "not later than it came"


async def test_an_update_of_what_did_not_come_this_way_or_is_over_is_refused(world: World) -> None:
    id = taken(await post(world))
    other = (await world.post(report(external_id="1"), HOTLINE)).json()["id"]
    await world.told()
    assert wrong(await add(world, other), 404)
    assert wrong(await add(world, "x"), 404)
    assert wrong(await add(world, id, api_key="x" * 40), 403)
    assert wrong(await add(world, id, description=None)) == ["description: missing"]
    assert wrong(await add(world, id, updated_datetime="yesterday")) == ["updated_datetime: instant"]
    assert wrong(await add(world, id, media_url="file:///etc/passwd")) == ["media_url: no address"]
    await world.hear(id, names.ISSUE_ANSWERED, {"by": BY, "reply": "已答复。"})
    assert "answered" in wrong(await add(world, id))[0]


async def test_who_adds_something_dangerous_is_told_whom_to_call_also_where_nothing_is_added_any_more(
    world: World,
) -> None:
    id = taken(await post(world))
    await world.told()
    assert (
        (await add(world, id, description="线杆冒火花，着火了！"))
        .json()[0]["service_notice"]
        .startswith("如有生命危险")
    )
    await world.hear(id, names.ISSUE_ANSWERED, {"by": BY, "reply": "已答复。"})
    assert wrong(await add(world, id, update_id="18", description="又着火了！"))[0].startswith("如有生命危险")


async def test_updates_are_listed_with_the_finer_word_of_the_pack_and_none_of_what_is_unlisted(world: World) -> None:
    id, spam = taken(await post(world)), taken(await post(world, description="广告"))
    await world.told()
    await world.hear(
        id, names.ISSUE_REFUSED, {"by": BY, "reason": "litigation", "reply": "请向法院反映。", "pack": "x"}
    )
    await world.hear(spam, names.ISSUE_REFUSED, {"by": BY, "reason": "spam", "reply": "无效。", "pack": "x"})
    [told] = await get(world, "servicerequestupdates.json", api_key=APP)
    assert told == {
        "update_id": f"desk:{id}:1", "service_request_id": id, "status": "NO_FURTHER_ACTION",
        "updated_datetime": "2026-03-02T09:00:00+08:00", "description": "请向法院反映。", "media_url": None,
    }  # fmt: skip
    [shown] = await get(world, "requests.json")
    assert (shown["service_request_id"], shown["status"], shown["status_notes"]) == (id, "closed", "请向法院反映。")
    assert await get(world, "servicerequestupdates.json", start_date="2026-03-02T01:00:01Z") == []
    answer = await world.client.get(
        f"{V2}/servicerequestupdates.xml?start_date=2026-01-01T00:00:00Z&end_date=2026-03-01T00:00:00Z"
    )
    assert wrong(answer) == ["start_date: too long a span"]


async def test_only_the_key_that_a_request_came_by_adds_to_it_or_one_that_took_its_place(world: World) -> None:
    id = taken(await post(world))
    await world.told()
    own, keys = digest(APP)[:16], "/v1/channels/open311/keys"
    other = (await world.post({}, OPS, keys)).json()
    assert wrong(await add(world, id, api_key=other["key"]), 403) == [
        "api_key: the one that the request was reported with."
    ]
    heir = (await world.post({"in_place_of": own}, OPS, keys)).json()
    assert (heir["client"], other["client"]) == (own, other["id"])
    assert (await add(world, id, api_key=heir["key"])).status_code == 201
    assert taken(await post(world, api_key=heir["key"]), 200) == id, (
        "what the app says again is the same with a new key"
    )
    next_heir = (await world.post({"in_place_of": heir["id"]}, OPS, keys)).json()
    assert (await world.client.delete(f"/v1/channel-keys/{own}", headers=OPS)).status_code == 204
    assert (await add(world, id, api_key=next_heir["key"], update_id="18")).status_code == 201
    for channel, named in (("hotline", own), ("open311", "0" * 16), ("open311", "x")):
        refused = await world.post({"in_place_of": named}, OPS, f"/v1/channels/{channel}/keys")
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "$.in_place_of")
    listed = (await world.client.get("/v1/channel-keys", headers=OPS)).json()["items"]
    assert {one["client"] for one in listed if one["channel"] == "open311"} == {own, other["id"]}


async def test_who_sent_a_request_stands_in_its_story_and_is_no_secret_of_the_key(world: World) -> None:
    taken(await post(world))
    await world.post(report(party=None), {"Idempotency-Key": "k" * 20})
    keyed, public = await world.told()
    assert (keyed["client"], public["client"]) == (digest(APP)[:16], None)


async def test_to_a_request_from_before_senders_were_told_of_no_app_adds(world: World) -> None:
    id = taken(await post(world))
    await world.told()
    del world.documents.documents[id]["submission"]["client"]
    assert wrong(await add(world, id), 403)
