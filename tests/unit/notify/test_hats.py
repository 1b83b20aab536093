"""Somebody who is officer and head of a unit hears of an event once by a medium."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.notify.domain.delivery import Rejected, Retry
from tests.support.eventually import eventually
from tests.support.packs import copied, edited
from tests.support.telling import BY, Story, unit, user
from tests.unit.notify.test_affairs import raised, tell
from tests.unit.notify.test_decency import at, lit, made_with, sms
from tests.unit.notify.test_service import Bench, bench, letters, shown

__all__ = ["bench"]

HATS = {"roles": ["officer", "unit_head"]}


async def told(bench: Bench) -> Counter[tuple[Any, Any]]:
    """How many of the unit's SMS ended in which way."""
    return Counter((one["state"], one["why"]) for one in await shown(bench, unit="tax", medium="sms"))


async def test_who_is_officer_and_head_gets_one_message_and_the_other_is_on_record(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer", **HATS))
    await lit(bench, "i1", "red")
    assert sms(bench) == {"138-a": 1}
    assert Counter(m.to for m in bench.email.got) == {"a@city.example": 1}
    assert len(await letters(bench, "user:a")) == 1
    assert await told(bench) == {("sent", None): 1, ("skipped", "told_already"): 1}


@pytest.mark.parametrize("both", ["a", "b", "c"])
async def test_a_unit_with_several_loses_nobody(bench: Bench, both: str) -> None:
    people = [user(code, "tax", "officer", **(HATS if code == both else {})) for code in ("a", "b", "c")]
    await bench.publish(unit("tax"), user("h", "tax", "unit_head"), *people)
    await lit(bench, "i1", "red")
    assert sms(bench) == {"138-a": 1, "138-b": 1, "138-c": 1, "138-h": 1}
    assert (await told(bench))["skipped", "told_already"] == 1


async def test_two_who_wear_both_hats_get_one_each(bench: Bench) -> None:
    await bench.publish(unit("tax"), *(user(code, "tax", "officer", **HATS) for code in ("a", "b")))
    await lit(bench, "i1", "red")
    assert sms(bench) == {"138-a": 1, "138-b": 1}


@pytest.mark.parametrize("first", [Retry("http_503", 1.0), Rejected("http_400")])
async def test_what_the_first_could_not_tell_the_second_does(bench: Bench, first: Retry | Rejected) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer", **HATS))
    bench.sms.script.append(first)
    await lit(bench, "i1", "red")
    await eventually(bench.quiet, within=15)
    assert len(bench.sms.got) == 2
    assert len({m.id for m in bench.sms.got}) == 2, "the other message, at once"
    assert (await told(bench))["sent", None] == 1


async def test_another_event_is_told_anew(bench: Bench) -> None:
    await bench.publish(unit("tax"), unit("police"))
    await bench.publish(user("a", "tax", "officer", **HATS), user("p", "police", "officer", **HATS))
    await lit(bench, "i1", "red")
    await lit(bench, "i2", "red", unit="police")
    assert sms(bench) == {"138-a": 1, "138-p": 1}
    await lit(bench, "i3", "red", urgency="emergency", clock="emergency_acknowledge")
    assert sms(bench)["138-a"] == 2


async def test_who_wears_two_hats_hears_of_an_order_once_and_is_reminded_of_a_meeting_all_the_same(
    tmp_path: Path,
) -> None:
    root = copied(tmp_path)
    edited(root, "texts/affairs.yaml", "audience: unit\n    medium: email", "audience: officer\n    medium: email")
    edited(root, "texts/affairs.yaml", "audience: unit_head\n    medium: sms", "audience: unit_head\n    medium: email")
    edited(
        root,
        "texts/affairs.yaml",
        "    body: &ordered_sms",
        "    subject: {zh: 督办单, en: An order}\n    body: &ordered_sms",
    )
    bench = made_with(PackHolder(root))
    await bench.service.start()
    await bench.publish(unit("tax"), user("a", "tax", "officer", **HATS))
    called = {
        "by": BY, "kind": "coordination", "title": "会", "at": "2026-05-08T02:00:00.000Z", "place": None,
        "chair": None, "units": ["tax"], "concerns": [],
    }  # fmt: skip
    await tell(bench, raised(Story("order-1"), concerns=[]))
    assert [m.to for m in bench.email.got] == ["a@city.example"]
    assert [one["why"] for one in await shown(bench, unit="tax", state="skipped")] == ["told_already"]
    await tell(bench, Story("meeting-1").tell("desk", names.MEETING_CALLED, called))
    await at(bench, "2026-05-07 16:00")
    assert [m.to for m in bench.sms.got] == ["138-a", "138-a"], "when it was called, and the day before"
    await bench.service.stop()


async def test_what_is_critical_is_told_in_each_capacity(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer", roles=["duty_officer", "unit_head"]))
    await lit(bench, "i1", "red", urgency="emergency", clock="emergency_acknowledge")
    assert sms(bench) == {"138-a": 2}
