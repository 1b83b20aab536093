"""A story in which every type of event is told, and each service that lost what it made of it."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.contracts.registry import EVENTS, SERVICES
from sanfu.runtime.memory import MemoryDocuments
from tests.flow.test_secrecy import in_days, office, petitioned, whole_life
from tests.flow.test_succession import FORMER, LAST_DAY, renamed
from tests.support import assembling
from tests.support import city as cities
from tests.support.city import City, in_memory, local
from tests.support.eventually import eventually
from tests.support.packs import A_DAY, lasting
from tests.support.scribe import Scribe
from tests.unit.desk.test_replies import reply

AGENT, DEPUTY = "fotang-window-officer", "service-centre-officer"
TOPICS = (names.ISSUES, names.AFFAIRS, names.CONTACTS, names.DIRECTORY)
PROJECTIONS = ("router", "sla", "desk", "notify")


@pytest.fixture
async def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[City]:
    """A city in which a unit, a category and a post end on one day."""
    root = renamed(tmp_path)
    lasting(root, "categories.csv", noise=("", LAST_DAY, "public-toilet"))
    lasting(root, "staff.csv", fotang_window_officer=("", LAST_DAY, DEPUTY))
    holder = PackHolder(root, today=lambda: A_DAY)
    for module in (assembling, cities):
        monkeypatch.setattr(module, "packs", lambda: holder)
    async with in_memory() as city:
        yield city


# ── what the whole life of an issue leaves out ───────────────────────────────────────────────────────────────────────


async def hushed(city: City) -> None:
    """Ordered about, on an agenda, and confidential only then; its grade stays what it was."""
    issue, other = [await city.report("hotline", category="road-lamp", title=f"路灯{n}") for n in range(2)]
    boss, lead = office(city), city.officer(FORMER)
    await lead.acknowledge(issue)
    await lead.order(issue, "ask_grade", {"grade": "complex", "reason": "需要换杆"})
    await boss.order(issue, "decide_grade", {"granted": False, "reason": "不必换杆"})
    await boss.make("orders", {"level": "red", "unit": FORMER, "issues": [issue.id], "text": "请书面说明。"})
    called = {"kind": "coordination", "title": "路灯协调会", "at": in_days(city, 1), "issues": [issue.id]}
    meeting = (await boss.make("meetings", called))["id"]
    await boss.make(f"meetings/{meeting}/change_agenda", {"add": [other.id], "drop": []})
    await boss.order(issue, "raise_secrecy", {"secrecy": "confidential", "reason": "涉及举报人"})


async def merged(city: City) -> None:
    """Merged into another, which is handled, not really, and handled; and into one that is refused."""
    head = await city.report("hotline", category="road-lamp", title="灯杆1")
    another = {"name": "李娜", "phone": "13700008888"}
    other = await city.report("hotline", category="road-lamp", title="灯杆2", party=another)
    await city.person("reviewer").order(other, "merge", {"head": head.id, "reason": "同一处路灯"})
    await city.officer(FORMER).do_all(head)
    await city.person("follow_up_caller").order(head, "void", {"text": "现场查看，灯仍不亮。"})
    await city.officer(FORMER).handle(head, "灯具已全部更换，今晚复亮。")
    first, second = [await city.report("hotline", title=f"问{n}", text="想问一件事该找谁。") for n in range(2)]
    reviewer = city.person("reviewer")
    await reviewer.order(second, "merge", {"head": first.id, "reason": "同一件事"})
    await reviewer.order(first, "refuse", {"reason": "litigation", "reply": "已进入诉讼程序，请向法院反映。"})


async def burning(city: City) -> None:
    """An emergency that another unit takes over, and reaches."""
    fire = await city.report(title="着火了", text="佛堂镇老街二楼着火，有人被困！")
    lead = city.person("duty_officer", str((await office(city).sees(fire) or {})["unit"]))
    await lead.order(fire, "offer_handover", {"unit": "fire-rescue", "reason": "火情已蔓延"})
    brigade = city.person("duty_officer", "fire-rescue")
    await brigade.order(fire, "accept_handover", {})
    await brigade.acknowledge(fire)
    await city.advance(minutes=5)
    reached = instant(city.clock.now() - timedelta(minutes=1))
    await brigade.order(fire, "reach_scene", {"reached_at": reached})


async def asked(city: City) -> None:
    """Followed up by one of two who are asked."""
    issue = await city.report("superior", title="上级交办")
    await city.person("reviewer").dispatch(issue, FORMER)
    await city.officer(FORMER).do_all(issue)
    await city.person("follow_up_caller").follow_up(issue, of="office")


async def answered_too_late(city: City) -> None:
    """Acknowledged by an officer, and by the unit's own system."""
    issue = await city.report("hotline", category="road-lamp", title="路灯又不亮")
    await city.officer(FORMER).acknowledge(issue)
    assert all(await city.broker.publish([reply("acknowledge", issue=issue.id, unit=FORMER)]))
    await city.quiet()


async def unsaid(city: City) -> None:
    """Reached by another number, asked for more, reminded, and answered."""
    issue = await city.report("hotline", text="那里的灯不亮。")
    offer = {"mediator": "佛堂镇人民调解委员会", "reply": "可到佛堂镇人民调解委员会申请免费调解。"}
    await city.person("reviewer").order(issue, "offer_mediation", offer)
    another = {"phone": "13700009999", "because": "party_said"}
    await city.person("reviewer").order(issue, "correct_contact", another)
    await city.person("reviewer").order(issue, "ask_more", {"question": "路灯在哪一段？", "fields": ["place"]})
    await city.advance(hours=36)
    await city.add(issue, "在寺前街。")


async def ending(city: City) -> None:
    """Of a category that ends, and carried by somebody whose post does."""
    await city.report("hotline", category="noise", title="夜间施工")
    filer = {"id": AGENT, "unit": "fotang-window"}
    errand = await city.report("window", audience="enterprise", category="business-registration", filer=filer)
    await city.staff(AGENT).order(errand, "plan_errand", {})


async def listed(city: City) -> None:
    """A list of visits to which more is added; something confidential was found on it, and the rest is late."""
    holder = city.officer("tax")
    visit = {"what": "project", "title": "某工地", "due": "2026-05-08"}
    said = {"kind": "visit", "title": "走访清单", "entries": [visit, {**visit, "due": LAST_DAY}]}
    held = (await holder.make("lists", said))["id"]
    await holder.make(f"lists/{held}/add", {"entries": [{**visit, "title": "某学校"}]})
    await holder.make(f"lists/{held}/mark", {"entry": 1, "result": "visited", "text": "宣讲政策。"})
    issue = await city.report("visit", category="road-lamp", found_on={"affair": held, "entry": 1})
    await office(city).order(issue, "raise_secrecy", {"secrecy": "confidential", "reason": "涉及病情"})
    another = (await holder.make("lists", said))["id"]
    await holder.make(f"lists/{another}/end", {"reason": "另行安排"})


async def everything(city: City) -> None:
    """Tell all that there is to tell; at last a unit, a category and a post end, and others go on with their work."""
    await whole_life(city, Scribe(city, "开甲"))
    await petitioned(city, Scribe(city, "密甲"))
    await city.report("hotline", category="road-lamp", title="最后一盏")
    for journey in (hushed, merged, burning, asked, answered_too_late, unsaid, listed, ending):
        await journey(city)
    await city.advance_to(local(f"{LAST_DAY} 00:01"))


# ── what there is of it ──────────────────────────────────────────────────────────────────────────────────────────────


def stores(city: City, service: str) -> tuple[MemoryDocuments, MemoryDocuments]:
    documents = city.parts(service).documents
    assert isinstance(documents, MemoryDocuments)
    affairs = documents.beside("affairs")
    assert isinstance(affairs, MemoryDocuments)
    return documents, affairs


def made(city: City, service: str) -> dict[str, Any]:
    """All that a service made of the story, without how often and when it was written."""
    first, beside = stores(city, service)
    older = [{**each, "_id": each["case"]} for each in first.others["history"].values()]
    return {
        id: {**shown(each), "history": entries([*[one for one in older if one["_id"] == id], *each.get("history", ())])}
        for store in (first, beside)
        for id, each in store.documents.items()
    }


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in document.items() if name not in ("ver", "outbox", "heeded")}
    return {**kept, "applied": {each["key"] for each in document.get("applied", [])}}


def entries(history: list[Mapping[str, Any]]) -> Counter[str]:
    """Each entry as often as it stands there: what came at the same instant may have been folded in another order."""
    kept = [{name: value for name, value in one.items() if name not in ("_id", "version", "case")} for one in history]
    return Counter(map(str, kept))


async def told(city: City) -> dict[str, Any]:
    """All that anybody was told: each record as often as it was, but a unit's copies, which may come twice."""
    units = [names.unit_topic(unit.code) for unit in city.pack.units.values() if unit.has_topic]
    stories = {topic: await city.texts([topic]) for topic in (names.ISSUES, names.AFFAIRS, names.CONTACTS)}
    letters = [await city.broker.read(names.dead_letter_topic(name)) for name in SERVICES]
    return {**stories, "units": set(await city.texts(units)), "letters": letters,
            "messages": [*city.sms.got, *city.mail.got]}  # fmt: skip


async def types(city: City) -> set[str]:
    records = [record for topic in TOPICS for record in await city.broker.read(topic)]
    return {dict(record.headers)["ce_type"].decode() for record in records}


async def lost(city: City, service: str) -> None:
    """Let a service lose all that it made of the story; its records come from a backup."""
    await city.stop(service)
    first, beside = stores(city, service)
    for store in (first, beside):
        await store.wipe()
    first.others["history"].clear()
    await city.start(service)
    await eventually(lambda: city.services[service].commands.closed() is None)
    await city.quiet()


async def test_every_type_of_event_is_in_a_story_from_which_each_service_makes_again_what_it_lost(city: City) -> None:
    await everything(city)
    assert await types(city) == {each.type for each in EVENTS}
    for service in PROJECTIONS:
        before, heard = made(city, service), await told(city)
        assert len(before) > 10
        await lost(city, service)
        after = made(city, service)
        assert after.keys() == before.keys(), service
        for id, document in before.items():
            assert after[id] == document, f"{service}: {id}"
        assert await told(city) == heard, service


async def test_an_order_for_a_light_that_turned_red_while_desk_was_away_is_raised_though_its_database_is_lost(
    city: City,
) -> None:
    issue = await city.report("hotline", category="road-lamp")
    order = f"order:{issue.id}:red_light:1"
    await city.stop("desk")
    await city.advance_to(await city.limit(issue))
    assert (await city.lights(issue))[-1][0] == "red"
    for store in stores(city, "desk"):
        await store.wipe()
    await city.start("desk")
    await eventually(lambda: of_desk(city, issue.id)["affairs"].get(order))
    await city.quiet()
    assert [told.type for told in await city.affair(order)] == ["raised", "deadline-set"]
    assert [told.data["what"] for told in await city.of(issue, "affair-noted")] == ["order_raised"]
    await lost(city, "desk")
    await city.stop("desk")
    await city.start("desk")
    assert [told.type for told in await city.affair(order)] == ["raised", "deadline-set"], "it is known of"


def of_desk(city: City, id: str) -> Mapping[str, Any]:
    return stores(city, "desk")[0].documents[id]
