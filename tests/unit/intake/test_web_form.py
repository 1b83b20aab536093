"""The public form: what is sent from it is a report like any other; what is wrong is said beside the field."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest

from sanfu.intake.domain.hints import hints
from sanfu.intake.entrypoints.form_words import FORM, STATES
from sanfu.intake.entrypoints.look import Look, groups
from sanfu.runtime.memory import Fault
from tests.support.files import PDF, photo
from tests.unit.intake.world import HOTLINE, NOW, World, opened, pack, report, running

KEY = "key-of-one-form-0001"
TYPED = {
    "key": KEY, "text": "寺前街60号路灯坏了三天，\r\n晚上很黑", "category": "road-lamp", "town": "fotang",
    "address": "寺前街60号", "lon": "120.02", "lat": "29.21", "audience": "resident", "named": "yes", "name": "王小明",
    "phone": "138-0000-0001", "email": "", "home": "义乌市某小区8幢302", "may_name_me": "yes", "seen": "1",
    "answers.since": "2026-02-27", "answers.told_before": "no", "joins": "", "website": "", "title": "",
}  # fmt: skip


async def send(world: World, headers: Mapping[str, str] | None = None, /, **more: str) -> httpx.Response:
    given = {"lang": "zh", **TYPED, **more}
    path = f"/report?lang={given.pop('lang')}"
    return await world.client.post(path, data=given, headers=dict(headers or {}))


def number(answer: httpx.Response) -> str:
    """The receipt's number to which a taken form leads."""
    assert answer.status_code == 303, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)["number"][0]


def faults(answer: httpx.Response) -> dict[str, str]:
    """What the page says is wrong, by field; each field says so itself, and points to it."""
    found = dict(re.findall(r'class="fault" id="([^"]+)-fault">([^<]+)<', answer.text))
    pointed = " ".join(re.findall(r'aria-describedby="([^"]*)"', answer.text)).split()
    assert all(f"{name}-fault" in pointed for name in found), "each field says what is wrong with it"
    return found


async def test_what_is_filled_in_is_a_report_of_the_web_channel_and_leads_to_its_receipt(world: World) -> None:
    answer = await send(world)
    (told,) = await world.told()
    assert number(answer) == told["receipt"]
    assert (told["channel"], told["audience"], told["party_kind"]) == ("web", "resident", "person")
    assert (told["title"], told["text"]) == ("寺前街60号路灯坏了三天，", "寺前街60号路灯坏了三天，\n晚上很黑")
    assert (told["category"], told["secrecy"], told["may_name_me"]) == ("road-lamp", "open", True)
    assert told["answers"] == {"since": "2026-02-27", "told_before": False}
    assert (told["place"]["town"], told["place"]["lon"], told["place"]["may_be_home"]) == ("fotang", 120.02, False)
    ((_, record),) = await world.contacts()
    assert record is not None
    assert opened(record, "party")["phone"] == "13800000001"
    assert "某小区" not in str(told), "where somebody lives is not where the lamp is"
    page = await world.client.get(answer.headers["location"])
    assert told["receipt"] in page.text
    assert STATES["zh"]["submitted"] in page.text
    assert re.search(r'role="img" aria-label="[^"]+"><svg[^>]*viewBox', page.text), "a QR code"


async def test_an_anonymous_one_leaves_nothing_of_what_stands_in_the_fields(world: World) -> None:
    await send(world, named="no", text="寺前街路灯坏了")
    (told,) = await world.told()
    assert told["contact"] == "none"
    assert await world.contacts() == []


async def test_whoever_writes_for_an_enterprise_or_a_village_says_so_and_nothing_else_with_weight(world: World) -> None:
    for audience, kind, secrecy in (("enterprise", "enterprise", "internal"), ("grassroots", "village", "open")):
        more = {"party_code": "91330782MA28D0000X", "limit_asked": "2026-05-20T09:00:00Z", "flags": "superior"}
        answer = await send(world, audience=audience, key=f"{KEY}-{kind}", channel="hotline", urgency="urgent", **more)
        assert answer.status_code == 303
        told = (await world.told())[-1]
        assert (told["audience"], told["party_kind"], told["secrecy"]) == (audience, kind, secrecy)
        assert (told["channel"], told["party_code"], told["limit_asked"], told["flags"]) == ("web", None, None, [])
        assert told["urgency"] == "normal"


async def test_who_wishes_it_is_confidential_and_the_one_complained_of_is_told(world: World) -> None:
    await send(world, confidential="yes", complains_of="housing-construction")
    (told,) = await world.told()
    assert (told["secrecy"], told["text"], told["complains_of"]) == ("confidential", None, ["housing-construction"])


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_sent_twice_it_counts_once_and_another_text_under_its_key_leads_to_the_first(world: World) -> None:
    first, again = await send(world), await send(world)
    assert number(first) == number(again)
    other = await send(world, text="另一件事")
    assert other.status_code == 409
    assert number(first) in other.text
    assert "另一件事" in other.text, "what was typed is kept"
    fresh = re.search(r'name="key" value="([^"]+)"', other.text)
    assert fresh, "the form has a key of its own from here on"
    assert fresh[1] != KEY
    assert (await send(world, text="另一件事", key=fresh[1])).status_code == 303
    assert len(await world.told()) == 2


@pytest.mark.parametrize("key", ["", "short", "有中文的键有中文的键有中文的键", "x" * 500])
async def test_a_key_that_nobody_made_is_none(world: World, key: str) -> None:
    assert number(await send(world, key=key)) != number(await send(world, key=key))


async def test_after_a_write_of_unknown_outcome_and_while_kafka_is_away_it_is_taken_once(world: World) -> None:
    world.broker.down = True
    world.documents.fail_next.append(Fault.UNKNOWN)
    assert number(await send(world)) == number(await send(world))


async def test_while_the_store_is_away_the_page_keeps_what_was_typed_and_says_to_send_it_again(world: World) -> None:
    world.documents.down = True
    for more in ({}, {"seen": ""}):
        answer = await send(world, **more)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert FORM["zh"]["away_now"] in answer.text
        assert "晚上很黑" in answer.text
        assert f'value="{KEY}"' in answer.text
    assert (await world.client.get("/receipt?number=0000-0000-0000-0000")).status_code == 503
    world.documents.down = False
    assert (await send(world)).status_code == 303


# ── what is wrong ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("text", {"text": ""}), ("text", {"text": " \u200b\n"}), ("text", {"text": "\x00"}),
        ("text", {"text": "字" * 10_001}), ("title", {"title": "字" * 201}), ("category", {"category": "nothing"}),
        ("town", {"town": "hangzhou"}), ("address", {"address": "路" * 301}), ("point", {"lon": ""}),
        ("point", {"lat": "29,2"}), ("point", {"lon": "1e9"}), ("point", {"lon": "116.4", "lat": "39.9"}),
        ("point", {"lon": "nan", "lat": "nan"}), ("phone", {"phone": "报警"}), ("phone", {"phone": ""}),
        ("email", {"email": "a@b"}), ("name", {"name": "王" * 201}), ("home", {"home": "x" * 301}),
        ("audience", {"audience": "everybody"}), ("audience", {"audience": "", "category": ""}),
        ("complains_of", {"complains_of": "nobody"}), ("answers.since", {"answers.since": "yesterday"}),
        ("answers.told_before", {"answers.told_before": "maybe"}), ("website", {"website": "http://buy.example"}),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_beside_the_field_and_all_that_was_typed_is_kept(
    world: World, field: str, typed: dict[str, str]
) -> None:
    answer = await send(world, **typed)
    assert answer.status_code == 422
    assert [*faults(answer)] == [field]
    assert f'value="{KEY}"' in answer.text
    assert "寺前街60号" in answer.text
    assert await world.told() == []


async def test_every_word_of_a_fault_is_there_in_both_languages(world: World) -> None:
    assert FORM["zh"].keys() == FORM["en"].keys()
    assert FORM["zh"]["wrong"].keys() == FORM["en"]["wrong"].keys()
    assert STATES["zh"].keys() == STATES["en"].keys()
    answer = await send(world, lang="en", phone="x", text="")
    assert faults(answer) == {name: FORM["en"]["wrong"][name] for name in ("text", "phone")}


async def test_markup_is_text_and_a_hostile_form_is_no_fault_of_ours(world: World) -> None:
    answer = await send(world, text="<script>alert(1)</script>", phone='"><img src=x>')
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    many = await world.client.post("/report", data={f"f{at}": "" for at in range(200)})
    assert many.status_code == 413
    plain = {"Content-Type": "application/x-www-form-urlencoded"}
    for body, status in ((b"\xff\xfe%zz&&&==", 422), (b"", 422), (b"a" * 1_000_000, 413)):
        assert (await world.client.post("/report", content=body, headers=plain)).status_code == status
    assert (await world.client.post("/report", json={"text": "x"})).status_code == 415
    assert (await world.client.post("/report/near", content=b"a" * 300_000, headers=plain)).status_code == 413
    assert (await world.client.get("/report?lang=fr")).status_code == 422


async def test_another_sites_form_is_refused(world: World) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await send(world, headers)).status_code == 403
        assert (await world.client.post("/report/near", data={}, headers=headers)).status_code == 403
    assert (await send(world, {"Origin": "http://intake"})).status_code == 303


async def test_a_page_asks_nothing_of_others_and_is_framed_by_nobody(world: World) -> None:
    for path in ("/report", "/receipt", "/report?lang=en"):
        answer = await world.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        links = re.findall(r'(?:src|href|action)="([^"]*)"', answer.text)
        assert links
        assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in links)
        assert not re.findall(r"<script(?![^>]*src=)| style=| on[a-z]+=", answer.text)


# ── how often ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_sends_too_often_is_told_how_long_to_wait_and_loses_nothing() -> None:
    async with running(public_rate="2/minute") as world:
        assert [(await send(world, key=f"{KEY}-{at}")).status_code for at in range(3)] == [303, 303, 429]
        late = await send(world, key=f"{KEY}-3")
        assert 0 < int(late.headers["retry-after"]) <= 60
        assert "晚上很黑" in late.text
        assert f"请在 {late.headers['retry-after']} 秒后再试" in late.text


async def test_looks_for_what_is_nearby_are_counted_apart_from_reports() -> None:
    async with running(public_rate="2/minute") as world:
        looks = [await world.client.post("/report/near", data={"town": "fotang"}) for _ in range(3)]
        assert [look.status_code for look in looks] == [200, 200, 429]
        assert (await send(world)).status_code == 303


async def test_one_contact_is_left_only_so_often_from_wherever_it_comes() -> None:
    async with running(contact_rate="2/hour") as world:
        assert [(await send(world, key=f"{KEY}-{at}")).status_code for at in range(2)] == [303, 303]
        late = await send(world, key=f"{KEY}-3")
        assert late.status_code == 429
        assert "分钟后再试" in late.text
        assert (await world.post(report(party={"phone": "+86 13800000001"}))).status_code == 429, "by the API neither"
        assert (await send(world, key=f"{KEY}-4", phone="13900000002")).status_code == 303
        assert (await send(world, key=f"{KEY}-5", named="no")).status_code == 303
        assert (await world.post(report(external_id="H-1"), HOTLINE)).status_code == 201, "operators are known"


# ── danger, hints ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_danger_to_life_is_taken_at_once_and_says_first_whom_to_call(world: World) -> None:
    await world.taken_up(place=PLACE)
    answer = await send(world, text="寺前街60号厨房煤气味很重", seen="")
    assert answer.status_code == 303, "nobody is asked about lamps nearby now"
    page = await world.client.get(answer.headers["location"])
    main = page.text.partition("<main>")[2]
    assert main.index("110、119、120") < main.index(number(answer))
    wrong = await send(world, text="smell of gas", phone="", lang="en", key=f"{KEY}-2")
    assert wrong.status_code == 422
    assert "call 110, 119 or 120" in wrong.text.partition("<main>")[2].partition("<form")[0]


async def test_the_words_that_warn_and_suggest_are_the_packs(world: World) -> None:
    words = (await world.client.get("/report/words?lang=en")).json()
    assert [tuple(each) for each in words["danger"]["sets"]] == list(pack().urgency_words["emergency"].sets)
    assert len(words["categories"]) == len(pack().categories)
    assert words["grave"] == ["food-poisoning"]
    assert "road-lamp" in [one.code for one in hints(pack(), "路口的路灯坏了", NOW.date())]
    assert hints(pack(), "", NOW.date()) == []
    answer = await send(world, text="路口的路灯坏了，也没有信号", category="", phone="")
    assert pack().categories["road-lamp"].name_zh in re.findall(r'id="guess">([^<]+)<', answer.text)[0]


# ── nearby ───────────────────────────────────────────────────────────────────────────────────────────────────────────

ASKED = ("category", "town", "address", "lon", "lat")
PLACE: dict[str, Any] = {"town": "fotang", "address": "寺前街58号", "lon": 120.0203, "lat": 29.21}


async def test_what_is_open_nearby_is_offered_once_before_it_is_sent_and_may_be_joined(world: World) -> None:
    head = await world.taken_up(place=PLACE, title="寺前街路灯不亮")
    asked = await send(world, seen="")
    assert asked.status_code == 200
    assert "寺前街路灯不亮" in asked.text
    assert "晚上很黑" in asked.text
    assert 'name="seen" id="seen" value="1"' in asked.text
    assert len(await world.told()) == 2, "nothing but the first, and who has it"
    joined = await send(world, joins=head)
    assert joined.status_code == 303
    assert (await world.told())[-1]["joins"] == head
    alone = await send(world, key=f"{KEY}-2")
    assert alone.status_code == 303
    assert (await world.told())[-1]["joins"] is None


async def test_only_what_is_public_and_open_can_be_joined(world: World) -> None:
    hidden = (await world.post(report(secrecy="confidential", party=None))).json()["id"]
    for joins in ("nobody", hidden, "x" * 5000):
        answer = await send(world, joins=joins)
        assert answer.status_code == 422
        assert FORM["zh"]["wrong"]["joins"] in answer.text
    confidential = await send(world, joins=await world.taken_up(place=PLACE), confidential="yes")
    assert confidential.status_code == 303
    assert (await world.told())[-1]["joins"] is None, "what is confidential names no other"


async def test_while_one_writes_the_page_asks_what_is_nearby_and_shows_nothing_that_is_not_public(world: World) -> None:
    await world.taken_up(place=PLACE, title="寺前街路灯不亮<b>")
    await world.taken_up(place={**PLACE, "may_be_home": True, "address": "某小区8幢"}, title="楼道灯")
    await world.post(report(category="road-lamp", title="还没有人看过", place=PLACE))
    found = await world.client.post("/report/near", data={name: TYPED[name] for name in ASKED})
    assert found.status_code == 200
    assert "寺前街路灯不亮&lt;b&gt;" in found.text
    assert "楼道灯" in found.text
    assert "某小区" not in found.text
    assert "还没有人看过" not in found.text
    receipts = [told["receipt"] for told in await world.told() if "receipt" in told]
    assert len(receipts) == 3
    assert not any(receipt in found.text for receipt in receipts), "by which others would see what is not theirs"
    nothing = await world.client.post("/report/near", data={"lon": "120.2", "lat": "29.3"})
    assert nothing.text.strip() == ""
    for odd in ({"lon": "x"}, {"lon": "999", "lat": "99"}, {}, {"category": "'$ne", "town": "$where", "address": "["}):
        assert (await world.client.post("/report/near", data=odd)).status_code == 200


# ── the receipt ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_receipts_page_shows_state_and_dates_by_its_number_and_tells_a_wrong_one(world: World) -> None:
    taken = number(await send(world, named="no"))
    page = await world.client.get("/receipt", params={"number": taken.lower().replace("-", " "), "lang": "en"})
    assert page.status_code == 200
    assert STATES["en"]["submitted"] in page.text
    assert "晚上很黑" not in page.text
    assert "http://city.example/my?lang=en" in page.text
    for wrong, status, why in (("0000-0000-0000-0001", 400, "not_a_number"), ("0000-0000-0000-0000", 404, "no_such")):
        answer = await world.client.get("/receipt", params={"number": wrong})
        assert answer.status_code == status
        assert FORM["zh"][why] in answer.text
    assert (await world.client.get("/receipt", params={"number": "<b>" * 500})).status_code == 400
    assert (await world.client.get("/receipt")).status_code == 200


async def test_a_city_without_such_a_channel_serves_no_form() -> None:
    async with running(form_channel="hotline") as world:
        assert (await world.client.get("/report")).status_code == 404
        assert (await send(world)).status_code == 404


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def send_files(world: World, *files: bytes, **more: str) -> httpx.Response:
    parts = [("files", (f"IMG of 王小明 {at}.jpg", one, "image/jpeg")) for at, one in enumerate(files)]
    return await world.client.post("/report", data={**TYPED, **more}, files=parts)


def rests(answer: httpx.Response) -> str:
    """What the page carries of files that came."""
    found = re.search(r'name="kept" value="([^"]*)"', answer.text)
    assert found
    return found[1]


async def test_photos_go_with_the_report_and_are_sent_twice_without_being_there_twice(world: World) -> None:
    first, again = await send_files(world, photo(), PDF), await send_files(world, photo(), PDF)
    assert number(first) == number(again)
    (told,) = await world.told()
    assert [one["media_type"] for one in told["attachments"]] == ["image/jpeg", "application/pdf"]
    assert "王小明" not in str(told)


async def test_files_that_came_are_kept_while_the_page_is_put_right_and_can_be_left_out(world: World) -> None:
    wrong = await send_files(world, photo(), photo(size=(60, 30)), phone="")
    assert [*faults(wrong)] == ["phone"]
    assert len(rests(wrong).split()) == 2
    assert FORM["zh"]["have"].format(n=2) in wrong.text
    right = await send_files(world, PDF, kept=rests(wrong))
    assert right.status_code == 303
    assert len((await world.told())[-1]["attachments"]) == 3
    other = await send_files(world, PDF, phone="", key=f"{KEY}-2")
    assert (await send(world, kept=rests(other), drop="yes", key=f"{KEY}-2")).status_code == 303
    assert (await world.told())[-1]["attachments"] == []


async def test_a_file_that_is_not_taken_is_said_beside_its_field_and_none_of_a_report_is_left(world: World) -> None:
    for bad in (b"MZ\x90 a program", b"<svg onload=alert(1)>", photo()[:50]):
        answer = await send_files(world, photo(), bad)
        assert 400 < answer.status_code < 500
        assert [*faults(answer)] == ["files"]
        assert "晚上很黑" in answer.text
        assert rests(answer) == ""
    many = await send_files(world, *[PDF] * 11)
    assert [*faults(many)] == ["files"]
    assert await world.told() == []


async def test_nobody_names_anothers_file(world: World) -> None:
    theirs = rests(await send_files(world, PDF, phone=""))
    elsewhere = httpx.ASGITransport(app=world.service.app, client=("10.0.0.9", 1))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://intake") as stranger:
        answer = await stranger.post("/report", data={**TYPED, "kept": theirs})
    assert (answer.status_code, [*faults(answer)], rests(answer)) == (422, ["files"], "")
    assert (await send(world, kept=theirs, key=f"{KEY}-1")).status_code == 303
    for kept, status in ((theirs, 409), ("0" * 32, 422), ("not an id", 422), ("' or 1=1", 422)):
        answer = await send(world, kept=kept, key=f"{KEY}-2")
        assert (answer.status_code, [*faults(answer)]) == (status, ["files"])


async def test_what_is_no_more_is_not_offered(world: World) -> None:
    ended = replace(pack().categories["road-lamp"], valid_to=NOW.date(), succeeded_by="garbage-sorting")
    without = replace(pack(), categories={**pack().categories, "road-lamp": ended})
    look = Look(None, None, 1)
    for known, offered in ((pack(), True), (without, False)):
        words = orjson.loads(look.words(known, "zh", NOW.date()).body)
        assert ("road-lamp" in [code for code, _, _ in words["categories"]]) is offered
        assert ("road-lamp" in [one.code for group in groups(known, NOW.date()).values() for one in group]) is offered
