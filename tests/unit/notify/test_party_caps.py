"""However many issues somebody has: to one number or mailbox go so many messages a day, and the rest as one list."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.notify.domain.delivery import AT_ONCE, Lost, Retry
from tests.support.eventually import eventually
from tests.support.packs import copied, edited
from tests.support.telling import START, Story, contact, erased, on_the_wire
from tests.unit.notify.test_decency import at, made_with, sms
from tests.unit.notify.test_preferences import ticked
from tests.unit.notify.test_service import PARTY, Bench, shown

OTHER = {"phone": "13900000002", "email": "other@home.example"}
DECLINED = {"by": {"id": "u", "role": "reviewer"}, "reply": "理由"}


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Bench]:
    """A notify whose pack lets an address have two messages a day."""
    root = copied(tmp_path)
    edited(root, "telling.yaml", "{staff: 30, party: 10}", "{staff: 30, party: 2}")
    bench = made_with(PackHolder(root))
    await bench.service.start()
    yield bench
    await bench.service.stop()
    assert bench.service.failure is None


async def reported(bench: Bench, *issues: str, party: Any = PARTY, **more: Any) -> None:
    """Somebody reports these, one after the other; each brings a receipt."""
    for issue in issues:
        submitted = Story(issue).submitted(bench.clock.now(), receipt=f"SF-{issue}", **more)
        await bench.publish(contact(issue, party=party), on_the_wire(submitted))
        await eventually(bench.quiet)


async def a_day_later(bench: Bench) -> None:
    bench.clock.set(START + timedelta(days=1))
    await eventually(bench.quiet)


async def held(bench: Bench, medium: str = "sms") -> list[str]:
    """The issues that wait, however they are listed."""
    found = await shown(bench, state="held", medium=medium)
    return sorted(one["subject"] for one in found if one["template"] != "digest")


async def test_the_cap_counts_what_one_address_got_of_all_its_issues_and_the_rest_comes_as_one_list(
    strict: Bench,
) -> None:
    await reported(strict, "i1", "i2", "i3", "i4", "i5")
    await reported(strict, "o1", party=OTHER)
    assert sms(strict) == {PARTY["phone"]: 2, OTHER["phone"]: 1}
    assert len(strict.email.got) == 3, "each medium counts by itself"
    assert await held(strict) == ["i3", "i4", "i5"]
    assert {one["why"] for one in await shown(strict, state="held") if one["template"] != "digest"} == {"cap"}
    strict.clock.set(START + timedelta(days=1) - timedelta(seconds=1))
    await eventually(strict.quiet)
    assert sms(strict)[PARTY["phone"]] == 2
    await a_day_later(strict)
    assert sms(strict)[PARTY["phone"]] == 3
    assert strict.sms.got[-1].text.splitlines() == [
        "【义乌三服务】您的诉求有3条进展：",
        *(f"您的诉求已收到，编号SF-i{n}。凭编号可随时查询进度。" for n in (3, 4, 5)),
    ]
    assert strict.email.got[-1].subject == "3条诉求进展"
    informed = await strict.reported(names.PARTY_INFORMED)
    told = Counter(dict(one.headers)["ce_subject"].decode() for one in informed)
    assert told == Counter(dict.fromkeys(("i1", "i2", "i3", "i4", "i5", "o1"), 2)), "each story hears once by each"
    assert await shown(strict, state="held") == []


async def test_the_list_is_a_message_that_counts_and_the_next_one_waits_again(strict: Bench) -> None:
    await reported(strict, "i1", "i2", "i3")
    await a_day_later(strict)
    await reported(strict, "i4", "i5", "i6")
    assert sms(strict)[PARTY["phone"]] == 4, "i1 and i2 have left the day: there is room for the list and i4"
    assert await held(strict) == ["i5", "i6"]


async def test_what_comes_in_the_instant_in_which_there_is_room_again_does_not_go_before_the_list(
    strict: Bench,
) -> None:
    await reported(strict, "i1")
    strict.clock.set(START + timedelta(hours=1))
    await reported(strict, "i2", "i3", "i4")
    strict.clock.set(START + timedelta(days=1))
    await reported(strict, "i5")
    assert "2条进展" in strict.sms.got[-1].text
    assert await held(strict) == ["i5"], "the list took the room that there was"


async def test_one_that_is_alone_in_its_list_comes_in_its_own_words(strict: Bench) -> None:
    await reported(strict, "i1", "i2", "i3")
    await a_day_later(strict)
    assert strict.sms.got[-1].text == "【义乌三服务】您的诉求已收到，编号SF-i3。凭编号可随时查询进度。"


async def test_a_list_names_of_a_confidential_issue_its_number_and_nothing_else(strict: Bench) -> None:
    await reported(strict, "i1", "i2")
    await reported(strict, "i3", category="drainage")
    await reported(strict, "i4", secrecy="confidential", text=None, category="labour")
    for issue in ("i3", "i4"):
        await strict.publish(on_the_wire(Story(issue).closed(strict.clock.now())))
        await eventually(strict.quiet)
    await a_day_later(strict)
    assert [line for line in strict.email.got[-1].text.splitlines() if "SF-i4" in line] == [
        "诉求已收到（SF-i4）", "诉求已销号（SF-i4）",
    ]  # fmt: skip
    assert [line for line in strict.sms.got[-1].text.splitlines() if "SF-i4" in line] == [
        "您的诉求已收到，编号SF-i4。凭编号可随时查询进度。",
        "您的诉求SF-i4已销号，结果：已解决。如有异议，可凭编号申请重办。",
    ]


async def test_what_the_law_owes_and_what_is_critical_pass_a_full_day(strict: Bench) -> None:
    await reported(strict, "i1", "i2", "i3")
    admitted = {"by": {"id": "u", "role": "reviewer"}, "answer_by": "2026-07-01T00:00:00.000Z"}
    await strict.publish(on_the_wire(Story("i3").tell("desk", names.PETITION_ADMITTED, admitted)))
    await reported(strict, "i4", urgency="emergency")
    await eventually(strict.quiet)
    assert sms(strict)[PARTY["phone"]] == 4


async def test_what_holds_a_link_comes_by_itself_when_there_is_room(strict: Bench) -> None:
    await reported(strict, "i1", "i2", "i3", "i4")
    by = {"id": "system", "role": "system"}
    planned = {"by": by, "need": "link", "because": "drawn", "link": "new", "link_until": "2026-05-16T00:00:00.000Z"}
    await strict.publish(on_the_wire(Story("i1", {"desk": 0}).tell("desk", names.FOLLOW_UP_PLANNED, planned)))
    await eventually(strict.quiet)
    assert await held(strict) == ["i1", "i3", "i4"]
    await a_day_later(strict)
    texts = [one.text for one in strict.sms.got[2:]]
    assert [("http://" in one, "条进展" in one) for one in texts] == [(False, True), (True, False)]
    mails = [one.text for one in strict.email.got[2:]]
    assert [("http://" in one, "条进展" in one) for one in mails] == [(False, True), (True, False)]


async def test_what_was_erased_refused_or_corrected_meanwhile_is_in_no_list(strict: Bench) -> None:
    await reported(strict, "i1", "i2", "gone", "no", "moved", "i3", "i4")
    kept: dict[str, Any] = strict.service.parts.documents.others["preferences"]  # type: ignore[attr-defined]
    kept["party:no"] = {"_id": "party:no", "version": 1, "off": ["sms", "email"]}
    await strict.publish(erased("gone"), contact("moved", 1, writer="desk", party=OTHER))
    await eventually(strict.quiet)
    await a_day_later(strict)
    (listed,) = [one.text for one in strict.sms.got if "条进展" in one.text]
    assert re.findall(r"SF-(\w+)", listed) == ["i3", "i4"]
    assert [one.text for one in strict.sms.got if one.to == OTHER["phone"]] == [
        "【义乌三服务】您的诉求已收到，编号SF-moved。凭编号可随时查询进度。"
    ]
    skipped = await shown(strict, state="skipped", medium="sms")
    assert {(one["subject"], one["why"]) for one in skipped} == {("gone", "erased"), ("no", "opted_out")}


async def test_a_list_that_nobody_is_left_for_ends_and_says_so(strict: Bench) -> None:
    await reported(strict, "i1", "i2", "i3", "i4")
    await strict.publish(*map(erased, ("i1", "i2", "i3", "i4")))
    await eventually(strict.quiet)
    await a_day_later(strict)
    assert len(strict.sms.got) == 2
    skipped = await shown(strict, state="skipped", medium="sms")
    assert {(one["template"], one["why"]) for one in skipped} == {
        ("digest", "nothing_held"), ("receipt-party-sms", "erased"),
    }  # fmt: skip
    kept = strict.service.parts.documents.others["deliveries"].values()  # type: ignore[attr-defined]
    assert not any("reached" in one for one in kept), "nothing is left by which an address would be known"


async def test_a_list_speaks_the_language_of_its_reader(strict: Bench) -> None:
    await reported(strict, "i1", "i2", "i3", "i4", party={**PARTY, "language": "en"})
    await a_day_later(strict)
    assert strict.sms.got[-1].text.startswith("Yiwu Three Services, 2 news of your reports:\n")


async def test_a_filer_is_one_address_too_and_shares_its_day_with_what_it_hears_as_a_party(strict: Bench) -> None:
    await reported(strict, "i1", "i2")
    for issue in ("f1", "f2"):
        filer = {"phone": "139 0000-0001"}
        submitted = Story(issue).submitted(receipt=f"SF-{issue}", party_kind="none", filer={"kind": "cadre"})
        await strict.publish(contact(issue, filer=filer), on_the_wire(submitted))
        await strict.publish(on_the_wire(Story(issue, {"desk": 0}).closed()))
        await eventually(strict.quiet)
    assert sms(strict) == {PARTY["phone"]: 2}
    await a_day_later(strict)
    assert "SF-f1" in strict.sms.got[-1].text
    assert "SF-f2" in strict.sms.got[-1].text


async def test_one_that_is_tried_again_does_not_wait_for_a_day_because_of_itself(strict: Bench) -> None:
    await reported(strict, "i1")
    strict.sms.script.append(Retry("http_429", 0.1))
    await reported(strict, "i2")
    assert len(strict.sms.got) == 3
    assert await held(strict) == []


async def test_a_list_goes_out_once_at_most_and_what_it_told_is_unknown_with_it(strict: Bench) -> None:
    await reported(strict, "i1", "i2", "i3", "i4")
    strict.sms.script.append(Lost("timeout"))
    await a_day_later(strict)
    assert len(strict.sms.got) == 3
    unknown = await shown(strict, state="unknown", medium="sms")
    assert {(one["subject"], one["why"]) for one in unknown if one["template"] != "digest"} == {
        ("i3", "digest: timeout"), ("i4", "digest: timeout"),
    }  # fmt: skip


async def test_a_list_waits_for_the_morning_where_its_day_is_over_at_night(strict: Bench) -> None:
    now = await at(strict, "2026-05-06 20:59")
    await reported(strict, "i1", "i2")
    await at(strict, "2026-05-07 20:59")
    assert now + timedelta(days=1) == strict.clock.now()
    await reported(strict, "i3", "i4", "i5")
    await at(strict, "2026-05-08 20:59")
    assert sms(strict)[PARTY["phone"]] == 5, "the first two of each day, and i5 by itself"
    await at(strict, "2026-05-08 20:59")


async def test_who_refuses_mails_at_the_end_of_a_list_refuses_them_for_each_issue_in_it(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "telling.yaml", "{staff: 30, party: 10}", "{staff: 30, party: 2}")
    bench = made_with(PackHolder(root), messages_url="http://told.example")
    await bench.service.start()
    await reported(bench, "i1", "i2", "i3", "i4")
    await a_day_later(bench)
    link = bench.email.got[-1].way_out
    assert link is not None
    transport = httpx.ASGITransport(app=bench.service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://told.example") as client:
        assert ticked((await client.get(link)).text) == ["sms", "email", "all_email"]
        assert (await client.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200
        assert ticked((await client.get(link)).text) == ["sms", "all_email"]
    for issue in ("i2", "i3", "i4"):
        await bench.publish(on_the_wire(Story(issue, {"desk": 0}).closed(bench.clock.now())))
        await eventually(bench.quiet)
    refused = await shown(bench, state="skipped", medium="email", reason="opted_out")
    assert sorted(one["subject"] for one in refused) == ["i3", "i4"]
    async with httpx.AsyncClient(transport=transport, base_url="http://told.example") as client:
        assert (await client.post(link, data={"sms": "on", "asked_email": "1"})).status_code == 200
        assert ticked((await client.get(link)).text) == ["sms"], "all that goes to where the list went"
    await bench.service.stop()


async def test_a_list_that_may_have_gone_out_lets_nothing_go_that_it_may_have_told(strict: Bench) -> None:
    await reported(strict, "i1", "i2", "i3", "i4")
    await strict.publish(contact("i3", 1, writer="desk", party=OTHER))
    kept: dict[str, Any] = strict.service.parts.documents.others["deliveries"]  # type: ignore[attr-defined]
    (digest,) = [one for one in kept.values() if one["template"] == "digest" and one["medium"] == "sms"]
    digest |= {"state": "sending", "tries": 1, "due": START, "again": AT_ONCE}  # as a process that died leaves it
    await eventually(strict.quiet)
    await a_day_later(strict)
    assert len(strict.sms.got) == 2
    unknown = await shown(strict, state="unknown", medium="sms")
    assert {one["subject"] for one in unknown if one["template"] != "digest"} == {"i3", "i4"}
