"""What is kept here instead of being sent: a user's inbox, and a rehearsal in which nothing leaves."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.notify.adapters.memory import memory_stores
from sanfu.notify.app import assemble
from sanfu.notify.domain.delivery import Retry, Sent
from sanfu.notify.entrypoints.inbox import COUNTED
from sanfu.notify.handlers.letters import Keeper
from sanfu.notify.ports import Message
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.sealing import Sealer
from sanfu.runtime.service import Parts, Service
from sanfu.runtime.store import StoreDown
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import BY, KEYS, START, ScriptedSender, Story, contact, on_the_wire, unit, user
from tests.unit.notify.test_delivery import NOW
from tests.unit.notify.test_service import SETTINGS, TOKEN, fresh_broker

PHONE = "13900000001"


async def asked(service: Service, method: str, path: str, token: str = TOKEN) -> httpx.Response:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
        return await client.request(method, path, headers={"authorization": f"Bearer {token}"})


async def test_in_a_rehearsal_nothing_leaves_and_what_would_have_can_be_looked_at() -> None:
    broker, sms, kept = fresh_broker(), ScriptedSender(), MemoryDocuments()
    pages = {"public_url": "https://e.example", "messages_url": "https://n.example"}
    settings = SETTINGS.model_copy(update={"rehearsal": True, **pages})
    service = assemble(settings, Parts(broker, kept, ManualClock(START)), PackHolder(SHIPPED), {"sms": sms})
    await service.start()

    async def quiet() -> bool:
        return bool((await service.watcher.quiet())["quiet"])

    party = {"phone": PHONE, "email": "wang@home.example"}
    await broker.publish([contact("i1", party=party), on_the_wire(Story("i1").submitted())])
    await eventually(quiet)
    items = (await asked(service, "GET", "/v1/rehearsal")).json()["items"]
    assert sms.got == []
    assert {(one["medium"], one["to"]) for one in items} == {("sms", "…001"), ("email", "…ple")}
    assert "SF7K2-9MQ4X" in items[0]["text"]
    [mail] = (one["text"] for one in items if one["medium"] == "email")
    assert re.findall(r"/messages/\S*", mail) == ["/messages/…"], "who has the link may change what a party hears"
    assert PHONE not in repr(kept.others["letters"])
    (sent,) = (one for one in kept.others["deliveries"].values() if one["medium"] == "sms")
    assert (sent["state"], sent["why"], sent["provider"]) == ("sent", "rehearsal", "rehearsal")
    told = [r for r in await broker.read(names.ISSUES) if dict(r.headers)["ce_type"] == names.PARTY_INFORMED.encode()]
    assert all(b'"rehearsal"' in (record.value or b"") for record in told)
    assert (await asked(service, "GET", "/v1/rehearsal", "wrong")).status_code == 403
    await service.stop()


ORDER = {
    "by": BY, "level": "yellow", "unit": "tax", "issuer": "three-services-office", "cause": "red_light", "text": "t",
    "reply_by": "2026-05-09T09:30:00.000Z", "concerns": ["i1"],
}  # fmt: skip


async def test_a_letter_is_shown_by_how_secret_its_issue_is_when_it_is_read() -> None:
    broker = fresh_broker()
    settings = SETTINGS.model_copy(update={"rehearsal": True})
    service = assemble(settings, Parts(broker, MemoryDocuments(), ManualClock(START)), PackHolder(SHIPPED), {})
    await service.start()
    story = Story("i1")

    async def heard(*events: Any) -> dict[str, str]:
        await broker.publish([on_the_wire(one) for one in events])

        async def quiet() -> bool:
            return bool((await service.watcher.quiet())["quiet"])

        await eventually(quiet)
        items = (await asked(service, "GET", "/v1/rehearsal")).json()["items"]
        return {one["medium"]: one["text"] for one in items}

    def turned(secrecy: str) -> Any:
        body = {"by": BY, "before": "open", "secrecy": secrecy, "title": "诉求", "reason": "r"}
        return story.tell("desk", names.SECRECY_CHANGED, body)

    await broker.publish([unit("tax"), user("o", "tax", "officer")])
    submitted = story.submitted(contact="none", category="tax-invoice")
    plain = await heard(submitted, story.assigned(), story.deadline())
    assert plain.keys() == {"email", "inbox"}
    assert all("发票与办税服务" in one for one in plain.values())
    neutral = await heard(turned("confidential"))
    assert neutral["email"].startswith("现交办保密事项SF7K2-9MQ4X")
    assert neutral["inbox"].startswith("新交办保密事项SF7K2-9MQ4X")
    assert not any("发票与办税服务" in one for one in neutral.values())
    assert await heard(turned("sealed")) == {}
    await service.stop()


async def test_a_letter_about_an_affair_is_as_secret_as_its_issue_and_of_what_is_unknown_neutral() -> None:
    kept, broker = MemoryDocuments(), fresh_broker()
    service = assemble(SETTINGS, Parts(broker, kept, ManualClock(START)), PackHolder(SHIPPED), {})
    await service.start()
    keeper = Keeper(memory_stores(kept.others).letters, Sealer(KEYS), "inbox", lambda: NOW)
    order = Story("order-1").tell("desk", names.ORDER_RAISED, ORDER)
    body = {"by": BY, "before": "open", "secrecy": "confidential", "title": "诉求", "reason": "r"}
    story = Story("i1")
    issue, hushed = story.submitted(contact="none"), story.tell("desk", names.SECRECY_CHANGED, body)

    async def quiet() -> bool:
        return bool((await service.watcher.quiet())["quiet"])

    async def waits_for_the_issue() -> Any:
        return (await asked(service, "GET", "/v1/deliveries?state=held&reason=story")).json()["items"]

    async def shown(*records: Any, after: Callable[[], Awaitable[Any]] = quiet) -> dict[str, str]:
        await broker.publish(records)
        await eventually(after)
        items = (await asked(service, "GET", "/v1/inbox?of=user:a")).json()["items"]
        return {one["id"]: one["text"] for one in items}

    await broker.publish([unit("tax"), user("h", "tax", "unit_head")])
    for about in ("order-1", "order-2", None):
        await keeper.send(Message(f"d {about}", "user:a", None, "税务局", about=about, neutral="督办单"))
    plain = {"d order-1": "税务局", "d order-2": "督办单", "d None": "税务局"}
    told = await shown(on_the_wire(order, names.AFFAIRS), after=waits_for_the_issue)
    assert told == {**plain, "d order-1": "督办单"}, "its issue is not known"
    assert await shown(on_the_wire(issue)) == plain
    assert await shown(on_the_wire(hushed)) == {**plain, "d order-1": "督办单"}
    await service.stop()


async def test_an_inbox_holds_each_message_once_until_it_is_read_and_nobody_elses() -> None:
    kept = MemoryDocuments()
    service = assemble(SETTINGS, Parts(fresh_broker(), kept, ManualClock(START)), PackHolder(SHIPPED), {})
    await service.start()
    keeper = Keeper(memory_stores(kept.others).letters, Sealer(KEYS), "inbox", lambda: NOW)
    for message in (Message("d1", "user:a", "红灯", "SF1已超期"), Message("d2", "user:b", None, "SF2")):
        assert [await keeper.send(message), await keeper.send(message)] == [Sent(None), Sent(None)]
    (one,) = (await asked(service, "GET", "/v1/inbox?of=user:a&unread=true")).json()["items"]
    assert (one["id"], one["subject"], one["text"], one["to"]) == ("d1", "红灯", "SF1已超期", "user:a")
    assert (await asked(service, "POST", "/v1/inbox/d1/read?of=user:b")).status_code == 404
    assert (await asked(service, "POST", "/v1/inbox/d1/read?of=user:a")).status_code == 204
    assert (await asked(service, "GET", "/v1/inbox?of=user:a&unread=true")).json()["items"] == []
    assert (await asked(service, "GET", "/v1/inbox?of=rehearsal")).status_code == 422
    assert "SF1" not in repr(kept.others["letters"])
    await service.stop()


async def test_what_is_unread_is_counted_over_several_boxes_and_all_of_one_is_marked_up_to_an_instant() -> None:
    kept = MemoryDocuments()
    service = assemble(SETTINGS, Parts(fresh_broker(), kept, ManualClock(START)), PackHolder(SHIPPED), {})
    await service.start()
    letters = memory_stores(kept.others).letters
    for number, box in enumerate(["user:a"] * 3 + ["unit:tax"] * (COUNTED + 1) + ["user:b"]):
        at = NOW + number * timedelta(seconds=1)
        keeper = Keeper(letters, Sealer(KEYS), "inbox", lambda at=at: at)  # type: ignore[misc]
        await keeper.send(Message(f"d{number}", box, None, "t", about="i1"))

    async def unread(*boxes: str) -> dict[str, Any]:
        answer = await asked(service, "GET", f"/v1/inbox/unread?{'&'.join(f'of={box}' for box in boxes)}")
        assert answer.status_code == 200, answer.text
        counted: dict[str, Any] = answer.json()
        return counted

    assert await unread("user:a") == await unread("user:a", "user:a") == {"unread": 3, "more": False}
    assert await unread("user:a", "unit:tax") == {"unread": 3 + COUNTED, "more": True}
    assert await unread("user:nobody") == {"unread": 0, "more": False}
    one = (await asked(service, "GET", "/v1/inbox/d1?of=user:a")).json()
    assert (one["id"], one["about"], one["read"]) == ("d1", "i1", None)
    for other in ("/v1/inbox/d1?of=user:b", "/v1/inbox/d999?of=user:a"):
        assert (await asked(service, "GET", other)).status_code == 404
    marked = await asked(service, "POST", f"/v1/inbox/read?of=user:a&until={one['at']}")
    assert marked.json() == {"read": 2}
    assert [await unread(box) for box in ("user:a", "user:b")] == [{"unread": 1, "more": False}] * 2
    for bad in ("unread", "unread?of=rehearsal", "unread?" + "&".join(["of=user:a"] * 21), "d1?of=rehearsal"):
        assert (await asked(service, "GET", f"/v1/inbox/{bad}")).status_code == 422, bad
    for until in ("", "&until=", "&until=yesterday", "&until=2026-05-06T09:00:00"):
        assert (await asked(service, "POST", f"/v1/inbox/read?of=user:a{until}")).status_code == 422, until
    assert (await asked(service, "GET", "/v1/inbox/unread?of=user:a", "wrong")).status_code == 403
    await service.stop()


async def test_while_the_store_is_away_a_message_waits() -> None:
    class Away:
        async def put(self, letter: Any) -> None:
            raise StoreDown("away")

    keeper = Keeper(Away(), Sealer(KEYS), "inbox", lambda: NOW)  # type: ignore[arg-type]
    assert await keeper.send(Message("d1", "user:a", None, "t")) == Retry("store_down")
