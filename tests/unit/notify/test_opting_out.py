"""Who wants nothing more at a number or mailbox says so once for all reports, by a link that came there, and takes it
back on the same page."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import pytest

from sanfu.contracts import names
from sanfu.contracts.registry import codec
from sanfu.notify.adapters.memory import memory_stores
from sanfu.notify.entrypoints.preferences import Choosing
from sanfu.notify.handlers.opting_out import OptingOut
from sanfu.notify.handlers.unreachable import Unreachable
from sanfu.runtime.links import Link, Links
from sanfu.runtime.preference_links import party_link_got_by, preferences_page
from sanfu.runtime.sealing import Sealer
from tests.support.eventually import eventually
from tests.support.telling import BY, KEYS, START, Story, contact, erased, on_the_wire
from tests.unit.notify.test_preferences import at_the_page, bench, link_in, reported
from tests.unit.notify.test_service import PARTY, Bench, corrected, shown

__all__ = ["bench"]

LINKS = Links.of(KEYS)
NOTHING = {"sms": "on", "email": "on", "asked_email": "1"}
"""The form with the box for all mails cleared."""
ALL = {**NOTHING, "all_email": "on"}
BOX = '<input type="checkbox" name="all_{}"{}>'
SOON = "2026-07-01T00:00:00.000Z"
OWED = (names.PETITION_ADMITTED, {"by": {"id": "u", "role": "reviewer"}, "answer_by": SOON})


def kept(bench: Bench) -> dict[str, Any]:
    found: dict[str, Any] = bench.service.parts.documents.others["opted_out"]  # type: ignore[attr-defined]
    return found


def page_by(medium: str | None, whose: str = "party:i1", contact: int = 0) -> str:
    until = START.replace(year=2027)
    return preferences_page(LINKS, "", whose, until, got_by=medium, contact=contact)


async def closes(bench: Bench, issue: str, party: Mapping[str, str] = PARTY, **more: Any) -> tuple[int, int]:
    """Somebody's further report, and its end; count what it brought by SMS and by mail."""
    before = len(bench.sms.got), len(bench.email.got)
    story = Story(issue)
    submitted = story.submitted(receipt=f"SF-{issue}", **more)
    await bench.publish(contact(issue, party=party), on_the_wire(submitted), on_the_wire(story.closed()))
    await eventually(bench.quiet)
    return len(bench.sms.got) - before[0], len(bench.email.got) - before[1]


async def test_who_refuses_all_at_a_mailbox_hears_of_no_report_there_and_takes_it_back_on_the_same_page(
    bench: Bench,
) -> None:
    link = await reported(bench)
    assert BOX.format("email", " checked") in (await at_the_page(bench, link)).text
    saved = await at_the_page(bench, link, NOTHING)
    assert BOX.format("email", "") in saved.text
    assert await closes(bench, "i2") == (2, 0)
    assert await closes(bench, "i3", {"phone": "13900000009", "email": "other@home.example"}) == (2, 2)
    assert {one["why"] for one in await shown(bench, state="skipped")} == {"opted_out"}
    assert len(kept(bench)) == 1
    assert PARTY["email"] not in str(kept(bench))
    again = await at_the_page(bench, link, ALL)
    assert BOX.format("email", " checked") in again.text
    assert await closes(bench, "i4") == (2, 2)
    assert kept(bench) == {}


async def test_what_is_critical_comes_all_the_same(bench: Bench) -> None:
    await at_the_page(bench, await reported(bench), NOTHING)
    assert await closes(bench, "i2", urgency="emergency") == (2, 1), "an emergency's receipt is by SMS alone"


async def test_what_the_law_owes_comes_all_the_same(bench: Bench) -> None:
    await reported(bench)
    await at_the_page(bench, page_by("sms"), {"asked_sms": "1", "sms": "on", "email": "on"})
    before = len(bench.sms.got)
    story = Story("i2")
    events = [story.submitted(receipt="SF-i2"), story.tell("desk", *OWED)]
    await bench.publish(contact("i2", party=PARTY), *map(on_the_wire, events))
    await eventually(bench.quiet)
    assert ["已受理" in one.text for one in bench.sms.got[before:]] == [True]


async def test_a_link_that_came_by_one_medium_or_by_none_refuses_nothing_that_goes_elsewhere(bench: Bench) -> None:
    """A report may name somebody else's number: who wrote it has not shown that it is theirs."""
    link = await reported(bench)
    silent = {"asked_sms": "1", "asked_email": "1", "sms": "on", "email": "on"}
    assert "all_" not in (await at_the_page(bench, page_by(None))).text
    await at_the_page(bench, page_by(None), silent)
    assert kept(bench) == {}
    assert 'name="all_sms"' not in (await at_the_page(bench, link)).text
    await at_the_page(bench, link, silent)
    assert await closes(bench, "i2") == (2, 0)


async def test_whoever_is_reached_there_may_have_it_go_on(bench: Bench) -> None:
    await at_the_page(bench, await reported(bench), NOTHING)
    assert await closes(bench, "i2") == (2, 0)
    unproven = page_by(None, "party:i2")
    assert BOX.format("email", "") in (await at_the_page(bench, unproven)).text
    await at_the_page(bench, unproven, ALL)
    assert await closes(bench, "i3") == (2, 2)


async def test_of_what_a_form_does_not_show_nothing_is_changed(bench: Bench) -> None:
    link = await reported(bench)
    await at_the_page(bench, link, {"sms": "on"})
    assert kept(bench) == {}, "an older page, or a mail program's one click"
    await at_the_page(bench, link, NOTHING)
    await at_the_page(bench, link, {"List-Unsubscribe": "One-Click"})
    assert len(kept(bench)) == 1


async def test_twice_is_once_and_nobody_else_sends_the_form(bench: Bench) -> None:
    link = await reported(bench)
    assert (await at_the_page(bench, link, NOTHING, origin="http://elsewhere.example")).status_code == 403
    assert kept(bench) == {}
    for _ in range(2):
        assert (await at_the_page(bench, link, NOTHING)).status_code == 200
    assert len(kept(bench)) == 1


async def test_a_link_that_went_to_where_its_party_is_reached_no_more_refuses_nothing_of_the_new_one(
    bench: Bench,
) -> None:
    old = await reported(bench)
    await bench.publish(corrected(Story("i1", {"desk": 0}), link="none"))
    await bench.publish(contact("i1", 1, writer="desk", party={"email": "new@home.example"}))
    await eventually(bench.quiet)
    await at_the_page(bench, old, NOTHING)
    assert kept(bench) == {}
    assert "all_email" not in (await at_the_page(bench, old)).text
    new = link_in(bench)
    assert bench.email.got[-1].to == "new@home.example"
    await at_the_page(bench, new, NOTHING)
    assert len(kept(bench)) == 1
    assert await closes(bench, "i2") == (2, 2), "the old mailbox refused nothing"


async def test_what_was_refused_is_forgotten_with_the_person(bench: Bench) -> None:
    link = await reported(bench)
    await at_the_page(bench, link, NOTHING)
    assert len(kept(bench)) == 1
    await bench.publish(erased("i1"))
    await eventually(bench.quiet)
    assert kept(bench) == {}
    await at_the_page(bench, link, NOTHING)
    assert kept(bench) == {}, "nobody is reached by that report any more"


async def test_the_page_says_it_in_both_languages(bench: Bench) -> None:
    link = await reported(bench)
    assert "所有诉求的消息" in (await at_the_page(bench, link)).text
    assert "News of all reports" in (await at_the_page(bench, f"{link}?lang=en")).text


@pytest.mark.parametrize(
    ("what", "got_by"), [("p", "sms"), ("f1", "sms"), ("pe", "email"), ("f12e", "email"), ("t", None)]
)
def test_a_partys_link_tells_by_what_it_came(what: str, got_by: str | None) -> None:
    assert party_link_got_by(Link("SF-1", what, START)) == got_by


async def test_the_link_in_a_mail_is_marked_and_the_one_in_an_sms_is_as_short_as_it_was(bench: Bench) -> None:
    story = Story("i1")
    planned = {"by": BY, "need": "link", "because": "all", "link": "new", "link_until": "2026-05-20T02:00:00.000Z"}
    told = story.tell("desk", names.FOLLOW_UP_PLANNED, planned)
    await bench.publish(contact("i1", party=PARTY), on_the_wire(story.submitted()), on_the_wire(told))
    await eventually(bench.quiet)
    found = {}
    for medium, got in (("sms", bench.sms.got), ("email", bench.email.got)):
        [token] = re.findall(r"/my/(\S+)", "\n".join(one.text for one in got))
        read = LINKS.read(token, START)
        assert read is not None
        found[medium] = read.what
    assert found == {"sms": "f1", "email": "f1e"}


async def test_what_is_refused_while_the_person_is_being_erased_is_forgotten_too() -> None:
    stores = memory_stores({})
    unreachable = Unreachable(stores.unreachable, Sealer(KEYS))
    index = unreachable.index("email", PARTY["email"])

    class Erased(OptingOut):
        """The person is erased between the look at what they are reached by and what they say."""

        async def refuse(self, medium: str, index: str, version: int) -> None:
            await stores.contacts.erase(["i1/intake"])
            await self.forget([index])
            await super().refuse(medium, index, version)

    for kind, left in ((OptingOut, {index}), (Erased, set[str]())):
        opting_out = kind(stores.opted_out, stores.contacts, stores.deliveries, unreachable)
        record = contact("i1", party=PARTY)
        body = {"_id": record.key, **codec.decode(names.CONTACT_RECORD, record.value or b"")}
        await stores.contacts.put([body])
        await opting_out.forget([index])
        choosing = Choosing(stores.preferences, opting_out, LINKS, lambda: START, lambda: 1, nobody)
        await choosing.take(choosing.opened(unquote(page_by("email").rpartition("/")[2])), NOTHING)
        assert await opting_out.refused([index]) == left


async def nobody(_: str) -> list[str]:
    return []
