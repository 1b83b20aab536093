"""Mails that came back: what their report says of which delivery, and that nothing else of them is kept."""

import re
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.notify.app import assemble
from sanfu.notify.carrying import Senders
from sanfu.notify.domain.bounces import Bounce, bounced, mail_id
from sanfu.notify.domain.receipts import nobody_there
from sanfu.notify.ports import Provider, Receipts
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.service import Parts
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED, copied, edited
from tests.support.telling import START, ScriptedSender, Story, contact, on_the_wire
from tests.unit.notify.test_service import PARTY, SETTINGS, Bench, fresh_broker, shown

MAILS = Path(__file__).parent / "mails"
ID = "0123456789abcdef0123456789abcdef"
SECRET = "a-secret-path-of-24-letters"
HEADERS = {"content-type": "message/rfc822"}


def mail(name: str, id: str = ID) -> bytes:
    return (MAILS / f"{name}.eml").read_bytes().replace(ID.encode(), mail_id(id).encode())


@pytest.mark.parametrize(
    ("name", "said", "code", "dead"),
    [
        ("exim-gone", "failed", "5.1.1", True),
        ("exim-plain", "failed", "5.0.0", False),
        ("exim-spam", "failed", "5.7.1", False),
        ("postfix-gone", "failed", "5.1.1", True),
        ("postfix-qq-gone", "failed", "5.0.0", False),
        ("postfix-qq-spf", "failed", "5.0.0", False),
        ("postfix-163-gone", "failed", "5.0.0", False),
        ("postfix-delayed", "delayed", "4.4.1", False),
        ("postfix-expired", "failed", "4.4.1", False),
        ("exchange", "failed", "5.1.10", True),
        ("global", "failed", "5.1.1", True),
    ],
)
def test_a_report_says_which_delivery_and_a_code(name: str, said: Any, code: str, dead: bool) -> None:
    assert bounced(mail(name)) == Bounce(ID, said, code, dead)
    crlf = mail(name).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert bounced(crlf) == Bounce(ID, said, code, dead)


@pytest.mark.parametrize(
    ("code", "nobody"),
    [
        ("5.1.1", True), ("5.1.0", True), ("5.1.2", True), ("5.1.3", True), ("5.1.10", True), ("5.2.1", True),
        ("5.1.7", False), ("5.1.8", False), ("5.2.2", False), ("5.7.1", False), ("5.0.0", False), ("4.1.1", False),
        ("no_code", False),
    ],
)  # fmt: skip
def test_the_senders_own_fault_a_full_mailbox_and_a_policy_say_nothing_of_an_address(code: str, nobody: bool) -> None:
    assert nobody_there(code) is nobody


def test_what_was_returned_with_a_report_is_no_report_of_ours() -> None:
    forwarded = b"Subject: fwd\nContent-Type: message/rfc822\n\n" + mail("exim-gone")
    assert bounced(forwarded) is None


def test_a_report_on_a_list_of_ours_and_one_about_somebody_elses_mail() -> None:
    digest = "digest:party:0a1b:email:1778119200000"
    found = bounced(mail("exim-gone", digest))
    assert found is not None
    assert found.delivery == digest
    other = bounced(mail("exim-gone").replace(ID.encode(), b"CAB+x"))
    assert other == Bounce(None, "failed", "5.1.1", True)


NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
HOSTILE = {
    "nothing": b"",
    "no mail": b"\x00\xff\xfe" * 1000,
    "an answer": b"Subject: re\nAuto-Submitted: auto-replied\nContent-Type: text/plain\n\nI am away until Monday.\n",
    "nested": NESTED,
    "no codec": mail("exim-gone").replace(b"message/rfc822", b"text/rfc822-headers; charset=no-such"),
    "a long field": b'Content-Type: multipart/report; x="' + b";" * 200_000 + b"\n\n",
    "a long field, folded": b'Content-Type: multipart/report; x="' + b";\n " * 60_000 + b"\n\n",
    "no end": mail("exim-gone")[:900],
    "no blocks": b"Content-Type: message/delivery-status\n\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_written_to_break_a_reader_breaks_none(name: str) -> None:
    begun = time.process_time()
    found = bounced(HOSTILE[name])
    assert found is None or found.delivery in (None, ID)
    assert time.process_time() - begun < 5


# ── the whole way ────────────────────────────────────────────────────────────────────────────────────────────────────


def made(root: Path, **more: Any) -> Bench:
    sms, email, broker, clock = ScriptedSender(), ScriptedSender(), fresh_broker(), ManualClock(START)
    door = Receipts(SECRET, "smtp", **more)
    by: Senders = {"sms": sms, "email": [Provider("mail", email, receipts=door)]}
    parts = Parts(broker, MemoryDocuments(), clock, CollectorRegistry())
    return Bench(assemble(SETTINGS, parts, PackHolder(root), by), broker, clock, sms, email)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = made(SHIPPED)
    await bench.service.start()
    yield bench
    await bench.service.stop()
    assert bench.service.failure is None


async def told(bench: Bench, issue: str) -> str:
    """A party reports; return the id of the mail."""
    await bench.publish(contact(issue, party=PARTY), on_the_wire(Story(issue).submitted(receipt=f"SF-{issue}")))
    await eventually(bench.quiet)
    (one,) = await shown(bench, subject=issue, medium="email")
    return str(one["id"])


async def post(bench: Bench, body: bytes, provider: str = "mail", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=bench.service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
        where = f"/callbacks/{provider}/{SECRET}"
        answer = await client.post(where, content=body, headers={**HEADERS, **headers})
    await eventually(bench.quiet)
    return answer


def counted(bench: Bench, what: str) -> float:
    labels = {"provider": "mail", "what": what}
    return bench.service.parts.registry.get_sample_value("sanfu_notify_receipts_total", labels) or 0.0


async def mails(bench: Bench) -> list[tuple[str, str | None]]:
    return [(one["state"], one["why"]) for one in reversed(await shown(bench, medium="email"))]


async def test_a_mailbox_that_is_none_ends_the_delivery_stops_further_mails_and_shows_on_the_case(bench: Bench) -> None:
    report = mail("exim-gone", await told(bench, "i1"))
    assert (await post(bench, report)).json() == {"taken": 1}
    assert await mails(bench) == [("failed", "unreachable: 5.1.1")]
    assert (await post(bench, report)).status_code == 200
    await told(bench, "i2")
    assert sorted(await mails(bench)) == [("failed", "unreachable: 5.1.1"), ("skipped", "unreachable: 5.1.1")]
    assert len(bench.email.got) == 1
    failed = await bench.reported(names.DELIVERY_FAILED)
    assert sorted(dict(one.headers)["ce_subject"] for one in failed) == [b"i1", b"i2"]
    assert counted(bench, "repeated") == 1
    kept = repr(bench.service.parts.documents.others) + repr(await bench.broker.read(names.ISSUES))  # type: ignore[attr-defined]
    assert not re.search("gone@home|User unknown|Recipient address", kept)


async def test_a_refusal_for_a_policy_is_told_and_the_next_mail_goes_out(bench: Bench) -> None:
    await post(bench, mail("exim-spam", await told(bench, "i1")))
    await told(bench, "i2")
    assert await mails(bench) == [("failed", "undelivered: 5.7.1"), ("sent", None)]


async def test_a_delay_and_what_is_no_report_are_counted_and_change_nothing(bench: Bench) -> None:
    id = await told(bench, "i1")
    for body in (mail("postfix-delayed", id), HOSTILE["an answer"], HOSTILE["nested"], mail("exim-gone", "f" * 32)):
        assert (await post(bench, body)).status_code == 200
    assert await mails(bench) == [("sent", None)]
    assert [counted(bench, what) for what in ("delayed", "no_report", "unknown")] == [1, 2, 1]
    assert await bench.reported(names.DELIVERY_FAILED) == []


async def test_a_city_names_further_codes_after_which_nothing_more_is_sent() -> None:
    bench = made(SHIPPED, dead=frozenset({"5.7.1"}))
    await bench.service.start()
    await post(bench, mail("exim-spam", await told(bench, "i1")))
    await told(bench, "i2")
    assert await mails(bench) == [("failed", "unreachable: 5.7.1"), ("skipped", "unreachable: 5.7.1")]
    await bench.service.stop()


async def test_with_a_list_that_came_back_fails_what_it_told(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "telling.yaml", "{staff: 30, party: 10}", "{staff: 30, party: 1}")
    bench = made(root)
    await bench.service.start()
    for issue in ("i1", "i2", "i3"):
        await told(bench, issue)
    bench.clock.set(START + timedelta(days=1))
    await eventually(bench.quiet)
    (listed,) = [one for one in await shown(bench, medium="email", state="sent") if one["template"] == "digest"]
    await post(bench, mail("postfix-gone", listed["id"]))
    found = {one["subject"]: one["why"] for one in await shown(bench, medium="email", state="failed")}
    assert found.pop(listed["id"]) == "unreachable: 5.1.1"
    assert found == dict.fromkeys(("i2", "i3"), "digest: unreachable: 5.1.1")
    failed = await bench.reported(names.DELIVERY_FAILED)
    assert sorted(dict(one.headers)["ce_subject"] for one in failed) == [b"i2", b"i3"]
    await bench.service.stop()


async def test_a_mail_goes_where_mails_are_read_and_is_not_too_large(bench: Bench) -> None:
    assert (await post(bench, b"x" * 300_000)).status_code == 413
    assert (await post(bench, b"{}", **{"content-type": "application/json"})).status_code == 422
    assert (await post(bench, mail("exim-gone"), "nobody")).status_code == 404


async def test_a_gateway_is_sent_no_mails() -> None:
    sms, broker = ScriptedSender(), fresh_broker()
    by = {"sms": [Provider("own", sms, receipts=Receipts(SECRET, "gateway"))]}
    service = assemble(SETTINGS, Parts(broker, MemoryDocuments(), ManualClock(START)), PackHolder(SHIPPED), by)
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
        answer = await client.post(f"/callbacks/own/{SECRET}", content=mail("exim-gone"), headers=HEADERS)
    assert answer.status_code == 415
