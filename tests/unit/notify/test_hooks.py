"""Posting to a hook, record by record, on a store in memory and an endpoint that answers as scripted."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from sanfu.contracts import names
from sanfu.notify.adapters.hooks_memory import MemoryHooks
from sanfu.notify.domain import hooks as steps
from sanfu.notify.domain.delivery import Outcome, Rejected, Retry, Sent
from sanfu.notify.domain.hooks import HookRecord
from sanfu.notify.entrypoints.reading_units import hook_record, in_http
from sanfu.notify.handlers.hooks import HookPost
from sanfu.notify.hook_ports import Answer, HookSeen
from sanfu.notify.metrics import HookMetrics
from sanfu.runtime.broker import Incoming
from sanfu.runtime.paging import Page
from tests.support.eventually import eventually
from tests.support.telling import START

NOW = START
SECOND, DAY = timedelta(seconds=1), timedelta(hours=24)


def kept(issue: str = "i-1", order: int = 1, **more: object) -> HookRecord:
    event = f"e-{issue}-{order}"
    made = HookRecord("tax", event, issue, names.ISSUE_ASSIGNED, order, {"ce-id": event}, b"{}", NOW)
    return replace(made, **more)  # type: ignore[arg-type]


@dataclass
class Scripted:
    """`answers`: what comes of an event, in turn; then it is taken."""

    answers: dict[str, list[Outcome]] = field(default_factory=dict)
    got: list[str] = field(default_factory=list)
    host: str = "https://tax.test"
    mark: str = "m"
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    def __post_init__(self) -> None:
        self.hold.set()

    async def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        await self.hold.wait()
        self.got.append(headers["ce-id"])
        outcomes = self.answers.get(headers["ce-id"], self.answers.get("*", []))
        outcome = outcomes.pop(0) if outcomes else Sent(None)
        why = getattr(outcome, "why", getattr(outcome, "reason", "http_200"))
        return Answer(outcome, why, 0.0)

    async def close(self) -> None:
        self.closed = True


@dataclass
class Bench:
    store: MemoryHooks
    endpoint: Scripted
    post: HookPost
    at: datetime = NOW

    async def turn(self, times: int = 1) -> list[str]:
        """Let it post what may go now, and return what the endpoint was given since."""
        before = len(self.endpoint.got)
        for _ in range(times):
            await self.post.turn()
            await eventually(lambda: not self.post._under_way)
        return self.endpoint.got[before:]

    async def of(self, state: str) -> list[str]:
        return sorted(one["event"] for one in self.store.documents.values() if one["state"] == state)


def bench(*records: HookRecord, **answers: list[Outcome]) -> Bench:
    store, endpoint = MemoryHooks(), Scripted({name.replace("_", "-"): given for name, given in answers.items()})
    metrics = HookMetrics.on(CollectorRegistry())
    made = Bench(store, endpoint, HookPost("tax", endpoint, store, metrics, "me", lambda: made.at))
    return made


async def filled(*records: HookRecord, **answers: list[Outcome]) -> Bench:
    made = bench(**answers)
    await made.store.keep(records, NOW)
    return made


FAULT = Retry("http_500")


async def test_the_records_of_an_issue_go_in_their_order_and_are_forgotten_but_for_their_ids() -> None:
    it = await filled(kept(order=2), kept(order=1), kept("i-2"))
    assert sorted(await it.turn(2)) == ["e-i-1-1", "e-i-1-2", "e-i-2-1"]
    assert it.endpoint.got.index("e-i-1-1") < it.endpoint.got.index("e-i-1-2")
    assert await it.of("done") == ["e-i-1-1", "e-i-1-2", "e-i-2-1"]
    assert all(one["body"] == b"" and one["headers"] == [] for one in it.store.documents.values())
    await it.store.keep([kept()], NOW)
    assert await it.turn() == [], "what was taken is known again"


async def test_a_record_that_is_taken_while_the_store_is_asked_for_more_is_not_posted_again() -> None:
    class Slow(MemoryHooks):
        async def ripe(self, unit: str, until: datetime, limit: int) -> list[HookRecord]:
            found = await super().ripe(unit, until, limit)
            if it.post._under_way:
                it.endpoint.hold.set()
                await eventually(lambda: not it.post._under_way)
            return found

    it = await filled(kept(), kept("i-2"))
    it.post.store = it.store = Slow(it.store.documents)
    it.endpoint.hold.clear()
    await it.post.turn()
    await it.turn(2)
    assert sorted(it.endpoint.got) == ["e-i-1-1", "e-i-2-1"]


async def test_a_record_that_is_refused_holds_back_only_what_follows_it_of_its_own_issue() -> None:
    it = await filled(
        kept(order=1), kept(order=2), kept("i-2", 1), kept("i-2", 2), e_i_1_1=[Rejected("http_422"), FAULT]
    )
    assert sorted(await it.turn(3)) == ["e-i-1-1", "e-i-2-1", "e-i-2-2"]
    it.at += 5 * SECOND
    assert await it.turn() == ["e-i-1-1"]
    it.at += 9 * SECOND
    assert await it.turn() == [], "the pause doubles"
    it.at += SECOND
    assert await it.turn() == ["e-i-1-1", "e-i-1-2"]


async def test_after_a_day_a_record_is_parked_and_what_follows_goes_on() -> None:
    it = await filled(kept(order=1), kept(order=2), e_i_1_1=[Rejected("http_422")] * 2)
    assert await it.turn() == ["e-i-1-1"]
    it.at = NOW + DAY - SECOND
    it.store.documents["tax/e-i-1-1"]["since"] = NOW
    it.at = NOW + DAY
    assert await it.turn() == ["e-i-1-1", "e-i-1-2"]
    assert (await it.of("parked"), await it.of("done")) == (["e-i-1-1"], ["e-i-1-2"])
    (parked,) = await it.store.parked("tax", Page(5, None))
    assert (parked.why, parked.tries) == ("http_422", 2)
    assert await it.post.unparked(10) == 1
    assert await it.turn() == ["e-i-1-1"]
    assert await it.of("parked") == []


async def test_an_endpoint_that_is_away_is_asked_by_one_record_at_a_time_and_then_gets_all() -> None:
    clock = [1000.0]
    it = await filled(*(kept(f"i-{n}") for n in range(30)))
    it.endpoint.answers["*"] = [Retry("unreachable")] * 9
    it.post.tick = lambda: clock[0]
    assert len(await it.turn()) == 8
    assert await it.turn() == [], "left alone"
    clock[0] += 3
    assert len(await it.turn()) == 1
    clock[0] += 61
    found = await it.turn()
    assert len(found) == 1, "a probe"
    assert len(await it.of("done")) == 1
    await it.turn(20)
    assert len(await it.of("done")) == 30, "also those that were put off"


async def test_what_a_dead_endpoint_was_to_get_is_parked_after_a_day_without_a_try_of_each() -> None:
    it = await filled(*(kept(f"i-{n:03}") for n in range(100)))
    it.endpoint.answers["*"] = [Retry("unreachable")] * 99
    assert len(await it.turn()) == 8
    it.at = NOW + DAY
    it.post._seen = 0.0
    await it.turn()
    assert len(await it.of("parked")) == 100
    assert {one["why"] for one in it.store.documents.values()} == {"unreachable"}


async def test_a_pause_that_is_asked_for_is_no_try_and_no_longer_than_an_hour() -> None:
    clock = [1000.0]
    it = await filled(kept(), e_i_1_1=[Retry("http_429", 86400.0, about="pace")])
    it.post.tick = lambda: clock[0]
    assert await it.turn() == ["e-i-1-1"]
    assert it.store.documents["tax/e-i-1-1"]["tries"] == 0
    clock[0], it.at = clock[0] + 3599, NOW + 3599 * SECOND
    assert await it.turn() == []
    clock[0], it.at = clock[0] + 2, NOW + 3601 * SECOND
    assert await it.turn() == ["e-i-1-1"]


async def test_an_endpoint_that_is_in_trouble_is_left_alone_for_as_long_as_it_asks_and_no_longer_than_an_hour() -> None:
    clock = [1000.0]
    for asked, kept_to in ((40.0, 40), (86400.0, 3600)):
        it = await filled(kept(), e_i_1_1=[Retry("http_503", asked)])
        it.post.tick = lambda: clock[0]
        assert await it.turn() == ["e-i-1-1"]
        await it.store.keep([kept("i-2")], NOW)
        clock[0], it.at = clock[0] + kept_to - 1, NOW + (kept_to - 1) * SECOND
        assert await it.turn() == [], "nor any other record"
        clock[0], it.at = clock[0] + 2, NOW + (kept_to + 1) * SECOND
        assert sorted(await it.turn()) == ["e-i-1-1", "e-i-2-1"]


async def test_an_endpoint_that_is_gone_gets_nothing_until_somebody_says_so() -> None:
    it = await filled(kept(), kept("i-2"), e_i_1_1=[Rejected("http_410")])
    it.endpoint.answers["e-i-2-1"] = [Rejected("http_410")]
    await it.turn()
    await it.store.keep([kept("i-3")], NOW)
    assert await it.turn() == []
    assert await it.of("parked") == ["e-i-1-1", "e-i-2-1", "e-i-3-1"]
    again = Bench(it.store, it.endpoint, HookPost("tax", it.endpoint, it.store, it.post.metrics, "me", lambda: NOW))
    assert await again.turn() == [], "another life knows"
    assert await again.post.unparked(2) == 2
    assert sorted(await again.turn(2)) == ["e-i-1-1", "e-i-2-1"]


async def test_an_endpoint_that_says_that_it_is_gone_while_it_is_looked_at_is_gone() -> None:
    class Slow(MemoryHooks):
        async def show(self, unit: str, seen: HookSeen, mark: str) -> bool:
            there = await super().show(unit, seen, mark)
            it.endpoint.hold.set()
            await eventually(lambda: not it.post._under_way)
            return there

    it = await filled(kept(), e_i_1_1=[Rejected("http_410")])
    it.endpoint.hold.clear()
    await it.post.turn()
    it.post.store = it.store = Slow(it.store.documents, it.store.holders, it.store.looks)
    it.post._seen = 0.0
    await it.turn()
    await it.store.keep([kept("i-2")], NOW)
    assert await it.turn(2) == []
    assert (await it.store.seen(["tax"]))["tax"].state == "gone"
    assert await it.of("parked") == ["e-i-1-1", "e-i-2-1"]


async def test_what_is_sent_again_while_it_is_being_posted_waits_anew_and_what_is_taken_is_not_parked() -> None:
    it = await filled(kept(), kept("i-2", since=NOW + SECOND), e_i_1_1=[FAULT] * 2)
    it.endpoint.hold.clear()
    await it.post.turn()
    it.at = NOW + DAY + SECOND
    await it.store.park("tax", "http_500", it.at - DAY)
    assert await it.post.unparked(1) == 1
    it.endpoint.hold.set()
    await eventually(lambda: not it.post._under_way)
    assert (await it.of("waiting"), await it.of("done"), await it.of("parked")) == (["e-i-1-1"], ["e-i-2-1"], [])
    assert it.store.documents["tax/e-i-1-1"]["since"] == it.at


async def test_that_it_is_back_may_be_said_to_another_copy() -> None:
    it = await filled(kept(), e_i_1_1=[Rejected("http_410")])
    await it.turn()
    other = HookPost("tax", it.endpoint, it.store, it.post.metrics, "other", lambda: it.at)
    assert await other.unparked(5) == 1
    assert await it.turn() == ["e-i-1-1"]
    assert (await it.of("parked"), await it.of("done")) == ([], ["e-i-1-1"])


async def test_another_address_is_not_gone() -> None:
    it = await filled(kept(), e_i_1_1=[Rejected("http_410")])
    await it.turn()
    it.endpoint.mark = "another"
    it.post._seen = 0.0
    await it.store.keep([kept("i-2")], NOW)
    assert await it.turn() == ["e-i-2-1"]


async def test_of_two_processes_one_posts_and_the_other_takes_over_when_it_is_gone() -> None:
    it = await filled(kept(), kept("i-2"))
    other = HookPost("tax", it.endpoint, it.store, it.post.metrics, "other", lambda: it.at)
    assert len(await it.turn()) == 2
    await it.store.keep([kept("i-3")], NOW)
    await other.turn()
    assert not other._under_way
    it.at += timedelta(seconds=31)
    await other.turn()
    await eventually(lambda: "e-i-3-1" in it.endpoint.got)


async def test_what_a_crash_left_behind_its_issues_own_end_is_found_again() -> None:
    it = await filled(kept(order=1), kept(order=2))
    for one in it.store.documents.values():
        one.pop("again", None)
    assert await it.turn() == ["e-i-1-1", "e-i-1-2"]


async def test_a_record_on_which_we_break_stops_no_other() -> None:
    it = await filled(kept(), kept("i-2", headers={}))
    assert await it.turn() == ["e-i-1-1"]
    assert it.store.documents["tax/e-i-2-1"]["why"] == "our_fault"


async def test_it_finishes_the_call_under_way_when_it_is_stopped() -> None:
    it = await filled(kept())
    it.endpoint.hold.clear()
    running = asyncio.ensure_future(it.post.run())
    await eventually(lambda: it.post._under_way)
    running.cancel()
    it.endpoint.hold.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert it.endpoint.closed
    assert await it.of("done") == ["e-i-1-1"]


def test_a_pause_grows_to_half_an_hour() -> None:
    record, pauses = kept(), []
    for _ in range(12):
        record = steps.failed(record, "x", NOW)
        pauses.append((record.again or NOW) - NOW)
    assert pauses[:4] == [5 * SECOND, 10 * SECOND, 20 * SECOND, 40 * SECOND]
    assert pauses[-1] == timedelta(minutes=30)
    assert steps.failed(kept(tries=10_000), "x", NOW).again == NOW + timedelta(minutes=30)
    assert steps.put_off(kept(), "x", NOW + DAY).state == "parked"


def test_headers_are_written_as_cloudevents_says_for_http() -> None:
    heads = {
        "ce_id": "a b%\"号", "ce_type": "x.v1", "ce_time": "2026-05-06T01:00:00.000Z", "traceparent": "00-a-b-01",
        "content-type": "application/json", "sanfu_x": "no", "ce_Bad\r\nx": "no",
    }  # fmt: skip
    assert in_http(heads) == {
        "ce-id": "a%20b%25%22%E5%8F%B7", "ce-type": "x.v1", "ce-time": "2026-05-06T01:00:00.000Z",
        "traceparent": "00-a-b-01", "content-type": "application/json",
    }  # fmt: skip


def test_a_record_without_an_id_is_passed_over_and_a_strange_one_is_not() -> None:
    topic = names.unit_topic("tax")
    assert hook_record(Incoming(topic, 0, 7, "i-1", b"{}", [("ce_type", b"x")]), NOW) is None
    odd = hook_record(Incoming(topic, 0, 7, None, None, [("ce_id", b"\xff"), ("ce_unitsequence", b"9" * 30)]), NOW)
    assert odd is not None
    assert (odd.unit, odd.issue, odd.order, odd.body) == ("tax", "", 7, b"")
