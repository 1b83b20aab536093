"""The whole service on memory parts, under a manual clock."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import orjson
import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.notify.app import assemble
from sanfu.notify.domain.delivery import Lost, Rejected, Retry
from sanfu.notify.handlers import courier
from sanfu.notify.handlers.aside import Aside
from sanfu.notify.settings import NotifySettings
from sanfu.runtime.broker import Incoming, Outgoing
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.links import Links
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.service import Parts, Service
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import BY, KEYS, START, ScriptedSender, Story, contact, erased, on_the_wire, unit, user

TOKEN = "operators-only-token"
SETTINGS = NotifySettings.model_validate(
    {"keys": KEYS.written().decode(), "ops_token": TOKEN, "public_url": "http://city.example"}
)
PARTY = {"name": "王小明", "phone": "13900000001", "email": "wang@home.example"}


@dataclass
class Bench:
    service: Service
    broker: MemoryBroker
    clock: ManualClock
    sms: ScriptedSender
    email: ScriptedSender

    async def publish(self, *records: Outgoing) -> None:
        assert all(await self.broker.publish(list(records)))

    async def reported(self, type: str) -> list[Incoming]:
        records = await self.broker.read(names.ISSUES)
        return [r for r in records if dict(r.headers)["ce_type"] == type.encode()]

    async def ask(self, path: str, token: str | None = TOKEN, **query: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.service.app)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
            return await client.get(path, params=query or None, headers=headers)

    async def post(self, path: str, body: Mapping[str, str], token: str | None = TOKEN) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.service.app)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
            return await client.post(path, json=body, headers=headers)

    async def order(self, path: str, body: Mapping[str, str]) -> dict[str, Any]:
        answer = await self.post(path, body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def quiet(self) -> bool:
        return bool((await self.ask("/ops/quiet")).json()["quiet"])


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Couriers that look by themselves once a minute."""
    monkeypatch.setattr(courier, "REST", 60.0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = made_on(fresh_broker(), ManualClock(START))
    await made.service.start()
    yield made
    await made.service.stop()
    assert made.service.failure is None


def fresh_broker() -> MemoryBroker:
    broker = MemoryBroker()
    for topic, count in ((names.ISSUES, 4), (names.AFFAIRS, 4), (names.CONTACTS, 4), (names.DIRECTORY, 1)):
        broker.create(topic, count)
    return broker


def made_on(broker: MemoryBroker, clock: ManualClock) -> Bench:
    """A notify on an empty database."""
    sms, email = ScriptedSender(), ScriptedSender()
    parts = Parts(broker, MemoryDocuments(), clock)
    service = assemble(SETTINGS, parts, PackHolder(SHIPPED), {"sms": sms, "email": email})
    return Bench(service, broker, clock, sms, email)


async def test_a_party_gets_one_receipt_by_each_medium(bench: Bench) -> None:
    await bench.publish(contact("i1", party=PARTY), on_the_wire(Story("i1").submitted()))
    await eventually(bench.quiet)
    assert bench.sms.texts() == [
        (PARTY["phone"], "【义乌三服务】您的诉求已收到，编号SF7K2-9MQ4X。凭编号可随时查询进度。")
    ]
    assert [(m.to, m.subject) for m in bench.email.got] == [(PARTY["email"], "诉求已收到（SF7K2-9MQ4X）")]
    assert len(await bench.reported(names.PARTY_INFORMED)) == 2


async def test_a_message_is_sent_when_it_is_put_down_and_not_at_the_next_look(unhurried: None, bench: Bench) -> None:
    await bench.publish(contact("i1", party=PARTY))
    await eventually(bench.quiet)
    await bench.publish(on_the_wire(Story("i1").submitted()))
    await eventually(lambda: len(bench.sms.got) == len(bench.email.got) == 1)


async def test_the_same_events_again_tell_nobody_again(bench: Bench) -> None:
    event = on_the_wire(Story("i1").submitted())
    await bench.publish(contact("i1", party=PARTY), event)
    await eventually(bench.quiet)
    await bench.publish(event, event, contact("i1", party=PARTY))
    await eventually(bench.quiet)
    assert (len(bench.sms.got), len(bench.email.got)) == (1, 1)


async def test_a_message_waits_for_the_contacts_version_and_is_never_taken_for_having_none(bench: Bench) -> None:
    await bench.publish(contact("i1", 1, party={"phone": "1"}), on_the_wire(Story("i1").submitted(contact=2)))
    held = await eventually(lambda: shown(bench, state="held"))
    assert {(one["medium"], one["why"]) for one in held} == {("sms", "contact"), ("email", "contact")}
    assert not await bench.quiet()
    await bench.publish(contact("i1", 2, party=PARTY))
    await eventually(bench.quiet)
    assert [m.to for m in bench.sms.got] == [PARTY["phone"]]


async def test_an_erased_person_is_told_nothing_any_more(bench: Bench) -> None:
    await bench.publish(contact("i1", party=PARTY), erased("i1"), on_the_wire(Story("i1").submitted()))
    await eventually(bench.quiet)
    assert bench.sms.got == bench.email.got == []
    assert {one["why"] for one in await shown(bench, state="skipped")} == {"erased"}


def corrected(story: Story, version: int = 1, **more: Any) -> Outgoing:
    body = {"by": BY, "version": version, "fields": ["phone"], "because": "wrong_number", **more}
    return on_the_wire(story.tell("desk", names.CONTACT_CORRECTED, body))


async def test_a_corrected_party_is_told_at_the_new_number_by_a_link_of_its_own(bench: Bench) -> None:
    story = Story("i1")
    await bench.publish(contact("i1", party=PARTY), on_the_wire(story.submitted()))
    await eventually(bench.quiet)
    until = "2026-05-20T02:00:00.000Z"
    await bench.publish(corrected(story, link="new", link_until=until))
    held = await eventually(lambda: shown(bench, state="held"))
    assert {one["why"] for one in held} == {"contact"}, "until the new number is known nothing goes to the old one"
    await bench.publish(contact("i1", 1, writer="desk", party={"phone": "13733334444"}))
    await eventually(bench.quiet)
    [text] = [text for to, text in bench.sms.texts() if to == "13733334444"]
    [token] = re.findall(r"/my/(\S+)", text)
    link = Links.of(KEYS).read(token, START)
    assert link is not None
    assert (link.number, link.contact) == ("SF7K2-9MQ4X", 1)
    assert PARTY["email"] in {m.to for m in bench.email.got}, "what was not corrected stays"


async def test_who_left_no_contact_is_told_at_the_number_that_was_written_down_later(bench: Bench) -> None:
    story = Story("i1")
    await bench.publish(on_the_wire(story.submitted(contact="none")), corrected(story))
    await bench.publish(contact("i1", 1, writer="desk", party={"phone": "13733334444"}))
    await eventually(bench.quiet)
    assert [to for to, _ in bench.sms.texts()] == ["13733334444"]
    await bench.publish(on_the_wire(story.closed()))
    await eventually(lambda: len(bench.sms.got) == 2)


async def test_who_left_no_contact_is_recorded_as_skipped_and_the_story_is_spared_it(bench: Bench) -> None:
    await bench.publish(on_the_wire(Story("i1").submitted(contact="none")))
    await eventually(bench.quiet)
    assert {one["why"] for one in await eventually(lambda: shown(bench, state="skipped"))} == {"no_contact"}
    assert await bench.reported(names.DELIVERY_FAILED) == []


async def test_who_left_only_a_phone_gets_no_mail_and_that_is_no_failure(bench: Bench) -> None:
    await bench.publish(contact("i1", party={"phone": "139"}), on_the_wire(Story("i1").submitted()))
    await eventually(bench.quiet)
    assert [one["why"] for one in await shown(bench, state="skipped")] == ["no_address"]
    assert len(await bench.reported(names.PARTY_INFORMED)) == 1
    assert await bench.reported(names.DELIVERY_FAILED) == []


async def test_of_a_party_that_is_known_and_has_no_address_the_story_hears_once(bench: Bench) -> None:
    story, named = Story("i1"), {"name": "王小明", "address": "寺前街60号"}
    await bench.publish(contact("i1", party=named), on_the_wire(story.submitted()))
    await eventually(bench.quiet)
    await bench.publish(on_the_wire(story.closed()))
    await eventually(bench.quiet)
    await bench.publish(on_the_wire(story.closed()))
    await eventually(bench.quiet)
    skipped = await shown(bench, state="skipped")
    assert {one["why"] for one in skipped} == {"nowhere"}
    assert len(skipped) > 3, "each stands in notify's own record"
    (told,) = await bench.reported(names.DELIVERY_FAILED)
    assert orjson.loads(told.value or b"")["reason"] == "nowhere"
    await bench.publish(contact("i1", 1, writer="desk", party={"phone": "13733334444"}), corrected(story))
    await eventually(bench.quiet)
    assert [to for to, _ in bench.sms.texts()] == ["13733334444"]
    assert len(await bench.reported(names.DELIVERY_FAILED)) == 1


async def test_who_left_nothing_to_be_known_by_is_no_news_though_the_original_text_rests_with_the_contact(
    bench: Bench,
) -> None:
    rests = contact("i1", original={"text": "路灯不亮"}, filer={"name": "网格员", "phone": "139"})
    await bench.publish(rests, on_the_wire(Story("i1").submitted()))
    await eventually(bench.quiet)
    assert {one["why"] for one in await shown(bench, state="skipped")} == {"no_address"}
    assert await bench.reported(names.DELIVERY_FAILED) == []


async def test_desks_word_on_a_contact_lies_over_intakes(bench: Bench) -> None:
    await bench.publish(
        contact("i1", party=PARTY), contact("i1", writer="desk", party={"phone": "new", "language": "en"}),
        on_the_wire(Story("i1").submitted()),
    )  # fmt: skip
    await eventually(bench.quiet)
    assert [(m.to, m.text.split(":")[0]) for m in bench.sms.got] == [("new", "Yiwu Three Services")]
    assert [m.to for m in bench.email.got] == [PARTY["email"]]


async def test_a_unit_is_told_of_its_issue_once_its_limit_is_known(bench: Bench) -> None:
    story = Story("i1")
    await bench.publish(unit("tax"), user("o", "tax", "officer"), on_the_wire(story.submitted(contact="none")))
    await bench.publish(on_the_wire(story.assigned()))

    async def both_wait() -> bool:
        held = {(one["why"], one["recipient"], one["unit"]) for one in await shown(bench, state="held")}
        return held == {("deadline", "unit", "tax"), ("deadline", "officer", "tax")}

    await eventually(both_wait)
    assert await letters(bench, "user:o") == []
    await bench.publish(on_the_wire(story.deadline("police")), on_the_wire(story.deadline()))
    await eventually(bench.quiet)
    (mail,) = bench.email.got
    assert mail.to == "tax@city.example"
    assert "5月9日 17:30前办理" in mail.text
    (letter,) = await letters(bench, "user:o")
    assert letter == "新交办SF7K2-9MQ4X（诉求，稠城街道，复杂），请于5月9日 17:30前办理并答复。"


async def test_a_red_light_reaches_every_officer_and_the_head_each_once(bench: Bench) -> None:
    story, people = (
        Story("i1"),
        [user("a", "tax", "officer"), user("b", "tax", "officer"), user("h", "tax", "unit_head")],
    )
    others = [user("gone", "tax", "officer", active=False), user("c", "police", "officer"), unit("police")]
    light = on_the_wire(story.light("red"))
    await bench.publish(unit("tax"), *people, *others, on_the_wire(story.submitted(contact="none")), light, light)
    await eventually(bench.quiet)
    assert Counter(m.to for m in bench.sms.got) == Counter(["138-a", "138-b", "138-h"])
    assert Counter(m.to for m in bench.email.got) == Counter(f"{code}@city.example" for code in "abh")
    assert [len(await letters(bench, f"user:{code}")) for code in ("a", "b", "h", "gone", "c")] == [1, 1, 1, 0, 0]
    assert len(await bench.reported(names.PARTY_INFORMED)) == 9


async def test_a_light_that_was_overtaken_is_told_nobody_and_is_on_record(bench: Bench) -> None:
    light = Story("i1").light("yellow", skipped=True)
    await bench.publish(unit("tax"), user("a", "tax", "officer"), on_the_wire(light))
    await eventually(bench.quiet)
    assert (bench.sms.got, bench.email.got) == ([], [])
    assert {(one["state"], one["why"], one["unit"]) for one in await shown(bench)} == {("skipped", "overtaken", "tax")}
    assert await bench.reported(names.DELIVERY_FAILED) == [], "the story says so itself"


async def test_in_an_emergency_the_duty_phones_of_the_lead_and_of_the_place_ring(bench: Bench) -> None:
    story = Story("i1")
    also = [{"unit": "police", "part": "place"}, {"unit": "health", "part": "assist"}]
    alarm = story.assigned("emergency", urgency="emergency", also=also)
    await bench.publish(
        unit("emergency"), unit("police"), unit("health"), user("d", "police", "duty_officer"),
        user("o", "emergency", "officer"),
        on_the_wire(story.submitted(contact="none", urgency="emergency")), on_the_wire(alarm),
        on_the_wire(story.deadline("emergency")),
    )  # fmt: skip
    await eventually(bench.quiet)
    assert sorted(m.to for m in bench.sms.got) == ["000-emergency", "138-d"]
    assert all("紧急" in m.text for m in bench.sms.got)


async def test_the_directory_may_come_later_than_the_event(bench: Bench) -> None:
    await bench.publish(on_the_wire(Story("i1").light("yellow")))
    held = await eventually(lambda: shown(bench, state="held"))
    assert {one["why"] for one in held} == {"directory"}
    await bench.publish(unit("tax"), user("a", "tax", "officer"))
    await eventually(bench.quiet)
    assert [m.to for m in bench.sms.got] == ["138-a"]


async def test_a_confidential_issue_gets_the_neutral_text_also_when_it_became_so_later(bench: Bench) -> None:
    story = Story("i1")
    first = [on_the_wire(story.submitted(contact="none", category="lighting")), on_the_wire(story.assigned())]
    await bench.publish(unit("tax"), user("o", "tax", "officer"), *first)
    await eventually(lambda: shown(bench, state="held"))
    secret = {
        "by": {"id": "u", "role": "coordination_office"},
        "before": "open",
        "secrecy": "confidential",
        "reason": "r",
    }
    await bench.publish(
        on_the_wire(story.tell("desk", names.SECRECY_CHANGED, secret)), on_the_wire(story.deadline())
    )  # fmt: skip
    await eventually(bench.quiet)
    (mail,) = bench.email.got
    assert mail.text.startswith("现交办保密事项SF7K2-9MQ4X")
    (letter,) = await letters(bench, "user:o")
    assert letter.startswith("新交办保密事项SF7K2-9MQ4X")


async def test_what_is_sealed_is_told_no_unit(bench: Bench) -> None:
    story = Story("i1")
    submitted = story.submitted(contact="none", secrecy="sealed", text=None, party_kind="none")
    await bench.publish(unit("tax"), on_the_wire(submitted), on_the_wire(story.assigned()))
    await eventually(bench.quiet)
    assert (bench.sms.got, bench.email.got) == ([], [])
    records = await shown(bench)
    assert {(one["state"], one["why"], one["unit"], one["user"]) for one in records} == {
        ("skipped", "sealed", None, None)
    }
    assert not any("tax" in repr(one) for one in records), "a code and a number, nothing else"


async def test_old_news_is_skipped_and_says_so(bench: Bench) -> None:
    event = Story("i1").submitted(START - timedelta(hours=24, milliseconds=1))
    await bench.publish(contact("i1", party=PARTY), on_the_wire(event))
    await eventually(bench.quiet)
    assert bench.sms.got == []
    assert {one["why"] for one in await shown(bench, state="skipped")} == {"stale"}
    assert len(await bench.reported(names.DELIVERY_FAILED)) == 2


async def test_a_busy_provider_is_tried_again_and_one_that_refuses_is_not(bench: Bench) -> None:
    bench.sms.script.extend([Retry("http_429", 0.1), Retry("http_500")])
    bench.email.script.append(Rejected("smtp_550"))
    await bench.publish(contact("i1", party=PARTY), on_the_wire(Story("i1").submitted()))
    await eventually(bench.quiet, within=15)
    assert (len(bench.sms.got), len(bench.email.got)) == (3, 1)
    assert len({m.id for m in bench.sms.got}) == 1
    (failed,) = await shown(bench, state="failed")
    assert (failed["medium"], failed["why"], failed["tries"]) == ("email", "smtp_550", 1)
    assert (len(await bench.reported(names.PARTY_INFORMED)), len(await bench.reported(names.DELIVERY_FAILED))) == (1, 1)


async def test_while_the_only_provider_rests_nothing_is_taken_in_hand_and_all_go_out_once_it_is_back(
    bench: Bench,
) -> None:
    bench.sms.script.extend([Retry("http_500")] * 6)
    await bench.publish(*(contact(f"i{n}", party={"phone": f"139{n}"}) for n in range(12)))
    await eventually(bench.quiet)  # who waits for a contact is written about, too
    await bench.publish(*(on_the_wire(Story(f"i{n}").submitted()) for n in range(12)))
    await eventually(lambda: len(bench.sms.got) >= 5)
    stopped = await eventually(lambda: at_rest(bench))
    assert sum(one["tries"] for one in stopped) == len(bench.sms.got), "who rests is not tried"
    (sms, email, _) = (await bench.ask("/v1/providers")).json()["items"]
    assert (sms["state"], sms["why"], sms["room"]) == ("rests", "http_500", 0)
    assert (sms["in_vain"] >= 5, sms["in_vain_since"] is not None) == (True, True)
    assert (email["state"], email["wait"], email["in_vain"], email["in_vain_since"]) == ("untried", 0, 0, None)
    assert (await bench.ask("/v1/providers", token=None)).status_code == 401
    before, tried = written(bench), len(bench.sms.got)
    await eventually(lambda: len(bench.sms.got) > tried, within=10)
    assert written(bench) - before <= 3, "nothing is written about those that wait, but of the probe"
    await eventually(bench.quiet, within=30)
    assert Counter(one["state"] for one in await shown(bench, medium="sms")) == {"sent": 12}
    assert len(bench.sms.got) == 18


async def test_a_provider_that_an_operator_put_aside_is_given_nothing_until_it_is_taken_back(bench: Bench) -> None:
    one = await bench.order("/v1/providers/sms/sms/rest", {"because": "takes messages, and delivers none"})
    assert (one["state"], one["room"], one["because"]) == ("aside", 0, "takes messages, and delivers none")
    again = await bench.order("/v1/providers/sms/sms/rest", {"because": "another reason"})
    assert (again["because"], again["since"]) == (one["because"], one["since"]), "it changes nothing"
    assert (one["changed"], again["changed"]) == (True, False), "and says so"
    await bench.publish(contact("i1", party=PARTY), on_the_wire(Story("i1").submitted()))
    await eventually(lambda: bench.email.got)
    [waits] = await shown(bench, medium="sms")
    assert (waits["state"], waits["tries"], bench.sms.got) == ("queued", 0, [])
    [count] = (await bench.ask("/v1/deliveries/counts", medium="sms")).json()["items"]
    assert (count["state"], count["count"], count["oldest"]) == ("queued", 1, waits["at"])
    tried = await bench.order("/v1/providers/sms/sms/try", {})
    assert (tried["state"], tried["changed"]) == ("aside", False), "an operator's word holds"
    back = await bench.order("/v1/providers/sms/sms/resume", {})
    assert (back["state"], back["room"], back["because"], back["changed"]) == ("probed", 2, None, True)
    assert not (await bench.order("/v1/providers/sms/sms/resume", {}))["changed"]
    await eventually(bench.quiet)
    assert len(bench.sms.got) == 1


async def test_that_a_provider_is_aside_is_known_before_a_new_process_sends_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def looks_late(_: Aside) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Aside, "run", looks_late)
    broker, clock = fresh_broker(), ManualClock(START)
    first = made_on(broker, clock)
    await first.service.start()
    await first.order("/v1/providers/email/email/rest", {"because": "listed as a spammer"})
    await first.service.stop()
    sms, email = ScriptedSender(), ScriptedSender()
    parts = Parts(broker, first.service.parts.documents, clock)
    second = Bench(
        assemble(SETTINGS, parts, PackHolder(SHIPPED), {"sms": sms, "email": email}), broker, clock, sms, email
    )
    await second.service.start()
    await second.publish(contact("i1", party=PARTY), on_the_wire(Story("i1").submitted()))
    await eventually(lambda: sms.got)
    states = {one["provider"]: one["state"] for one in (await second.ask("/v1/providers")).json()["items"]}
    assert (states["email"], email.got) == ("aside", [])
    await second.service.stop()


async def test_a_provider_that_rests_is_tried_at_once_when_an_operator_says_so(bench: Bench) -> None:
    bench.sms.script.extend([Retry("http_500", 3600.0)])
    await bench.publish(contact("i1", party=PARTY), on_the_wire(Story("i1").submitted()))
    await eventually(lambda: bench.sms.got)
    slowed = await eventually(lambda: state_of(bench, "sms", "slowed"))
    assert (slowed["failures"], slowed["why"], slowed["wait"] > 3500) == (1, "http_500", True)
    tried = await bench.order("/v1/providers/sms/sms/try", {})
    assert (tried["state"], tried["wait"], tried["room"], tried["changed"]) == ("rests", 0, 1, True)
    assert (tried["in_vain"], slowed["in_vain"]) == (1, 1)
    await bench.publish(contact("i2", party=PARTY), on_the_wire(Story("i2").submitted()))
    await eventually(lambda: len(bench.sms.got) == 2)
    taken = await eventually(lambda: state_of(bench, "sms", "probed"))
    assert (taken["room"], taken["taken_ago"] < 60) == (2, True), "with each that it takes one more may be under way"
    assert (taken["in_vain"], taken["in_vain_since"]) == (0, None), "it took one"
    assert await bench.order("/v1/providers/email/email/try", {}) | {"taken_ago": 0} == (
        await state_of(bench, "email", "well")
    ) | {"taken_ago": 0, "changed": False}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("sms/nobody/rest", {"because": "whatever"}, 404),
        ("fax/sms/rest", {"because": "whatever"}, 404),
        ("sms/sms/rest", {}, 422),
        ("sms/sms/rest", {"because": " "}, 422),
        ("sms/sms/rest", {"because": "x", "until": "never"}, 422),
    ],
)
async def test_what_is_no_order_about_a_provider_is_told_so(
    bench: Bench, path: str, body: dict[str, str], status: int
) -> None:
    answer = await bench.post(f"/v1/providers/{path}", body)
    assert answer.status_code == status
    if status == 404:
        assert "there are sms/sms, email/email, inbox/inbox" in answer.json()["detail"]
    assert (await bench.post(f"/v1/providers/{path}", body, token=None)).status_code == 401


async def state_of(bench: Bench, provider: str, state: str) -> dict[str, Any]:
    items: list[dict[str, Any]] = (await bench.ask("/v1/providers")).json()["items"]
    return next((one for one in items if one["provider"] == provider and one["state"] == state), {})


def written(bench: Bench) -> int:
    """How often deliveries of SMS were written, all together."""
    assert isinstance(bench.service.parts.documents, MemoryDocuments)
    kept = bench.service.parts.documents.others["deliveries"].values()
    return sum(int(one["ver"]) for one in kept if one["medium"] == "sms")


async def at_rest(bench: Bench) -> list[dict[str, Any]]:
    found = await shown(bench, medium="sms")
    return found if len(found) == 12 and not any(one["state"] == "sending" for one in found) else []


async def test_what_is_of_no_use_any_more_ends_also_while_the_provider_rests(bench: Bench) -> None:
    bench.sms.script.extend([Retry("http_500", after=3600)] * 20)
    for n in range(6):
        await bench.publish(contact(f"i{n}", party={"phone": f"139{n}"}), on_the_wire(Story(f"i{n}").submitted()))
    await eventually(lambda: at_least(bench, 6))
    bench.clock.advance(timedelta(hours=24, seconds=1))
    ended = await eventually(lambda: shown(bench, medium="sms", state="skipped"), within=10)
    assert {one["why"] for one in ended} == {"stale"}


async def at_least(bench: Bench, count: int) -> bool:
    return len(await shown(bench, medium="sms")) >= count


async def test_lost_track_of_a_receipt_is_not_sent_again_a_light_is(bench: Bench) -> None:
    bench.sms.script.append(Lost("timeout"))
    await bench.publish(contact("i1", party=PARTY), on_the_wire(Story("i1").submitted()))
    await eventually(bench.quiet)
    bench.sms.script.append(Lost("timeout"))
    await bench.publish(unit("tax"), user("a", "tax", "officer"), on_the_wire(Story("i2").light("yellow")))
    await eventually(bench.quiet, within=15)
    assert [m.to for m in bench.sms.got] == [PARTY["phone"], "138-a", "138-a"]
    (unknown,) = await shown(bench, state="unknown")
    assert (unknown["recipient"], unknown["why"]) == ("party", "timeout")


async def test_a_rebuild_from_the_story_tells_nobody_again(bench: Bench) -> None:
    story = Story("i1")
    events = [story.submitted(), story.assigned(), story.deadline(), story.light("yellow")]
    await bench.publish(unit("tax"), user("a", "tax", "officer"), contact("i1", party=PARTY), *map(on_the_wire, events))
    await eventually(bench.quiet)
    before, state = len(bench.sms.got) + len(bench.email.got), await bench.service.documents.read(["i1"])
    parts, packs = bench.service.parts, PackHolder(SHIPPED)
    await bench.service.stop()
    for kept in (parts.documents, MemoryDocuments()):
        await kept.wipe()
        senders = {"sms": bench.sms, "email": bench.email}
        again = assemble(SETTINGS, Parts(bench.broker, kept, bench.clock), packs, senders)
        await again.start()
        await eventually(partial(is_quiet, again))
        rebuilt = (await kept.read(["i1"]))["i1"]
        assert {name: rebuilt[name] for name in ("facts", "recent", "told", "out")} == {
            name: state["i1"][name] for name in ("facts", "recent", "told", "out")
        }
        await again.stop()
    assert len(bench.sms.got) + len(bench.email.got) == before


async def test_the_first_notify_beside_a_running_intake_sends_what_is_still_of_use(bench: Bench) -> None:
    """What nobody can have sent is not lost track of: a receipt that waited for the first start goes out."""
    first = made_on(fresh_broker(), bench.clock)
    for issue, at in (("i1", START), ("i2", START + timedelta(hours=30))):
        await first.publish(contact(issue, party=PARTY), on_the_wire(Story(issue).submitted(at)))
    bench.clock.advance(timedelta(hours=31))
    await first.service.start()
    await eventually(first.quiet)
    assert (len(first.sms.got), len(first.email.got)) == (1, 1)
    assert {one["subject"] for one in await shown(first)} == {"i2"}, "the other is a day old: of no use any more"
    await first.service.stop()


async def test_a_notify_that_lost_its_database_sends_no_receipt_that_may_have_gone_out(bench: Bench) -> None:
    await bench.publish(contact("i1", party=PARTY))
    await eventually(bench.quiet)
    await bench.service.stop()
    await bench.publish(on_the_wire(Story("i1").submitted()))
    second = made_on(bench.broker, bench.clock)
    await second.service.start()
    await eventually(second.quiet)
    assert second.sms.got == []
    assert {(one["state"], one["why"]) for one in await shown(second)} == {("unknown", "rebuilt")}
    await second.service.stop()


async def test_the_log_names_nobody_and_neither_do_documents_and_story(bench: Bench) -> None:
    await bench.publish(contact("i1", party=PARTY, filer={"phone": "13700000002"}))
    await bench.publish(on_the_wire(Story("i1").submitted(filer={"kind": "operator", "id": "op1"})))
    await eventually(bench.quiet)
    store = bench.service.documents
    assert isinstance(store, MemoryDocuments)
    said = [(await bench.ask("/v1/deliveries")).text, repr(store.documents), repr(store.others)]
    said += [repr(record.value) for record in await bench.broker.read(names.ISSUES)]
    for personal in (*PARTY.values(), "13700000002"):
        assert not any(personal in text for text in said)


async def test_the_log_is_filtered_walked_by_cursor_and_read_one_by_one(bench: Bench) -> None:
    for issue in ("i1", "i2"):
        await bench.publish(contact(issue, party=PARTY), on_the_wire(Story(issue).submitted()))
    await eventually(bench.quiet)
    assert len(await shown(bench, subject="i1")) == 2
    assert {one["subject"] for one in await shown(bench, medium="sms")} == {"i1", "i2"}
    first = (await bench.ask("/v1/deliveries", limit="3")).json()
    rest = (await bench.ask("/v1/deliveries", limit="3", cursor=first["next"])).json()
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert len(set(ids)) == 4
    assert rest["next"] is None
    one = (await bench.ask(f"/v1/deliveries/{ids[0]}")).json()
    assert (one["state"], one["provider_id"], one["tries"]) == ("sent", "p1", 1)


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/v1/deliveries", None, 401),
        ("/v1/deliveries", "another-token-of-some-length", 403),
        ("/v1/deliveries/nothing", TOKEN, 404),
        ("/v1/deliveries?state=lost", TOKEN, 422),
        ("/v1/deliveries?cursor=x", TOKEN, 422),
        ("/v1/deliveries?subject=%00", TOKEN, 422),
        ("/v1/deliveries?user=%0A", TOKEN, 422),
        ("/v1/deliveries?template=" + "x" * 81, TOKEN, 422),
        ("/v1/deliveries?event=" + "x" * 301, TOKEN, 422),
    ],
)
async def test_a_wrong_question_gets_a_problem(bench: Bench, path: str, token: str | None, status: int) -> None:
    answer = await bench.ask(path, token)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "asked",
    [
        {"until": "tomorrow"}, {"until": "2026-13-01T00:00:00.000Z"},
        {"since": "2026-05-01T00:00:00.000Z", "until": "2026-05-01T00:00:00.000Z"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/deliveries", "/v1/deliveries/counts"])
async def test_a_wrong_end_of_a_span_is_named(bench: Bench, path: str, asked: dict[str, str]) -> None:
    answer = await bench.ask(path, **asked)
    assert answer.status_code == 422
    [wrong] = answer.json()["errors"]
    assert wrong["field"] == "query.until"
    assert wrong["expected"]


async def test_the_log_is_filtered_by_whom_what_and_until(bench: Bench) -> None:
    await bench.publish(contact("i1", party=PARTY), on_the_wire(Story("i1").submitted()))
    await eventually(bench.quiet)
    [one, *_] = everything = await shown(bench)
    assert await shown(bench, event=one["event"]) == everything
    assert await shown(bench, template=one["template"]) == [e for e in everything if e["template"] == one["template"]]
    assert await shown(bench, event="desk:i1:7") == await shown(bench, template="other") == []
    assert await shown(bench, user="nobody") == await shown(bench, until=one["at"]) == []
    assert await shown(bench, since=one["at"]) == everything


async def test_open_deliveries_and_ends_are_measured(bench: Bench) -> None:
    await bench.publish(contact("i1", party=PARTY), on_the_wire(Story("i1").submitted()))
    await eventually(bench.quiet)
    text = (await bench.ask("/metrics", None)).text
    assert 'sanfu_notify_deliveries_ended_total{medium="sms",state="sent"} 1.0' in text
    assert 'sanfu_notify_deliveries{medium="sms",state="queued"}' in text
    assert 'sanfu_notify_oldest_queued_seconds{medium="sms"}' in text


async def test_providers_are_closed_when_the_service_stops(bench: Bench) -> None:
    await bench.service.stop()
    assert bench.sms.closed
    assert bench.email.closed


async def letters(bench: Bench, of: str) -> list[str]:
    """What a box shows, newest first."""
    return [one["text"] for one in (await bench.ask("/v1/inbox", of=of)).json()["items"]]


async def shown(bench: Bench, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await bench.ask("/v1/deliveries", **query)).json()["items"]
    return items


async def is_quiet(service: Service) -> bool:
    return bool((await service.watcher.quiet())["quiet"])


async def test_what_was_for_somebody_who_left_goes_to_who_goes_on_with_their_work(bench: Bench) -> None:
    filer = {"kind": "officer", "id": "former"}
    await bench.publish(
        unit("tax"), user("former", "tax", "officer", active=False, succeeded_by="next"),
        user("next", "tax", "officer", active=False, succeeded_by="last"), user("last", "tax", "officer"),
    )  # fmt: skip
    story = Story("i1")
    await bench.publish(on_the_wire(story.submitted(filer=filer, party_kind="none", contact="none")))
    await bench.publish(on_the_wire(story.closed()))
    await eventually(bench.quiet)
    assert {message.to for message in (*bench.sms.got, *bench.email.got)} == {"138-last", "last@city.example"}


async def test_where_nobody_goes_on_it_goes_to_nobody_and_a_circle_is_no_end(bench: Bench) -> None:
    await bench.publish(
        unit("tax"), user("one", "tax", "officer", active=False, succeeded_by="other"),
        user("other", "tax", "officer", active=False, succeeded_by="one"),
    )  # fmt: skip
    story = Story("i1")
    await bench.publish(
        on_the_wire(story.submitted(filer={"kind": "officer", "id": "one"}, party_kind="none", contact="none")),
        on_the_wire(story.closed()),
    )
    await eventually(bench.quiet)
    assert bench.sms.got == []
    assert {one["why"] for one in await shown(bench)} == {"left"}
