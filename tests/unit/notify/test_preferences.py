"""Who would rather not be told by a medium says so on a page, by a link that proves who asks."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.notify.app import assemble
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.service import Parts
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import START, ScriptedSender, Story, contact, erased, on_the_wire, unit, user
from tests.unit.notify.test_service import PARTY, SETTINGS, Bench, fresh_broker, shown

WHERE = "http://told.example"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    sms, email, broker, clock = ScriptedSender(), ScriptedSender(), fresh_broker(), ManualClock(START)
    settings = SETTINGS.model_copy(update={"messages_url": WHERE})
    service = assemble(
        settings, Parts(broker, MemoryDocuments(), clock), PackHolder(SHIPPED), {"sms": sms, "email": email}
    )
    made = Bench(service, broker, clock, sms, email)
    await made.service.start()
    yield made
    await made.service.stop()


async def at_the_page(bench: Bench, link: str, said: Mapping[str, str] | None = None, **headers: str) -> httpx.Response:
    """Open the page; send its form if something is said."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=bench.service.app), base_url=WHERE) as client:
        return await (
            client.get(link, headers=headers) if said is None else client.post(link, data=said, headers=headers)
        )


async def reported(bench: Bench, issue: str = "i1") -> str:
    """A party reports, and gets a mail; return its link to the page."""
    await bench.publish(contact(issue, party=PARTY), on_the_wire(Story(issue).submitted()))
    await eventually(bench.quiet)
    return link_in(bench)


def ticked(page: str) -> list[str]:
    return re.findall(r'name="(\w+)" checked', page)


def link_in(bench: Bench) -> str:
    (found,) = re.findall(rf"{WHERE}(/messages/\S+)", bench.email.got[-1].text)
    return str(found)


async def close(bench: Bench) -> None:
    await bench.publish(on_the_wire(Story("i1", {"desk": 0}).closed()))
    await eventually(bench.quiet)


async def test_looking_at_the_link_changes_nothing_and_sending_the_form_does(bench: Bench) -> None:
    link = await reported(bench)
    page = await at_the_page(bench, link)
    assert page.status_code == 200
    assert ticked(page.text) == ["sms", "email", "all_email"]
    saved = await at_the_page(bench, link, {"sms": "on"})
    assert "已保存" in saved.text
    assert ticked((await at_the_page(bench, link)).text) == ["sms", "all_email"]
    await close(bench)
    assert (len(bench.sms.got), len(bench.email.got)) == (2, 1)
    (skipped,) = await shown(bench, state="skipped", medium="email")
    assert (skipped["why"], skipped["template"]) == ("opted_out", "closing-party-email")
    assert len(await bench.reported(names.DELIVERY_FAILED)) == 1
    await at_the_page(bench, link, {"sms": "on", "email": "on"})
    declined = {"by": {"id": "u", "role": "reviewer"}, "reply": "理由"}
    await bench.publish(on_the_wire(Story("i1", {"desk": 1}).tell("desk", names.REOPEN_DECLINED, declined)))
    await eventually(bench.quiet)
    assert len(bench.email.got) == 2


async def test_what_the_law_owes_can_not_be_refused(bench: Bench) -> None:
    link = await reported(bench)
    await at_the_page(bench, link, {"save": "1"})
    admitted = {"by": {"id": "u", "role": "reviewer"}, "answer_by": "2026-07-01T00:00:00.000Z"}
    await bench.publish(on_the_wire(Story("i1").tell("desk", names.PETITION_ADMITTED, admitted)))
    await eventually(bench.quiet)
    assert "已受理" in bench.sms.got[-1].text


@pytest.mark.parametrize("kind", ["data", "files"])
async def test_a_mail_programs_one_click_refuses_mails_and_nothing_else(bench: Bench, kind: str) -> None:
    link = await reported(bench)
    assert bench.email.got[-1].way_out == WHERE + link
    click: dict[str, Any] = {"data": {"List-Unsubscribe": "One-Click"}}
    if kind == "files":  # a part of a multipart form, as RFC 8058 would rather have it
        click = {"files": {"List-Unsubscribe": (None, "One-Click")}}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=bench.service.app), base_url=WHERE) as client:
        assert (await client.post(link, **click)).status_code == 200
    await close(bench)
    assert (len(bench.sms.got), len(bench.email.got)) == (2, 1)


async def test_an_officer_refuses_for_themselves_alone_and_an_emergency_comes_anyway(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer"), user("b", "tax", ["officer", "x"][0]))
    await bench.publish(on_the_wire(Story("i1").light("yellow")))
    await eventually(bench.quiet)
    links = {m.to: re.findall(rf"{WHERE}(/messages/\S+)", m.text)[0] for m in bench.email.got}
    assert len(set(links.values())) == 2
    await at_the_page(bench, links["a@city.example"], {"email": "on"})
    bench.clock.set(START + timedelta(minutes=20))
    await bench.publish(on_the_wire(Story("i2").light("yellow", at=bench.clock.now())))
    await eventually(bench.quiet)
    assert [m.to for m in bench.sms.got] == ["138-a", "138-b", "138-b"]


async def test_a_link_that_nobody_made_that_has_ended_or_opens_something_else_opens_nothing(bench: Bench) -> None:
    link = await reported(bench)
    assert (await at_the_page(bench, link[:-1] + ("A" if link[-1] != "A" else "B"))).status_code == 404
    assert (await at_the_page(bench, f"/messages/{'x' * 5000}")).status_code == 404
    assert (await at_the_page(bench, link, {"sms": "on"}, origin="http://elsewhere.example")).status_code == 403
    assert (await at_the_page(bench, link, {f"f{n}": "x" for n in range(102)})).status_code == 413
    bench.clock.set(START + timedelta(days=91))
    assert (await at_the_page(bench, link)).status_code == 404


async def test_the_page_speaks_the_browsers_language_and_loads_nothing_from_elsewhere(bench: Bench) -> None:
    link = await reported(bench)
    page = await at_the_page(bench, link, None, **{"accept-language": "en-GB"})
    assert "What you are told by" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert (await at_the_page(bench, "/messages/style.css")).status_code == 200


async def test_what_somebody_chose_is_forgotten_with_them(bench: Bench) -> None:
    link = await reported(bench)
    await at_the_page(bench, link, {"sms": "on"})
    await bench.publish(erased("i1"))
    await eventually(bench.quiet)
    kept: dict[str, Any] = bench.service.parts.documents.others["preferences"]  # type: ignore[attr-defined]
    assert "off" not in kept["party:i1"]
