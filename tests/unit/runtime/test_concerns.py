"""What one subject's event does to others, in its own story and in another: once, whatever happens. On memory parts."""

import copy
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sanfu.runtime import concerns, positions
from sanfu.runtime.broker import Incoming, Outgoing
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.fold import MOST_HEEDED, Fate, Subject
from sanfu.runtime.letters import Letter, Replay, read_letter
from sanfu.runtime.machine import Machine
from sanfu.runtime.memory import Fault, MemoryBroker, MemoryDocuments
from sanfu.runtime.outcomes import Setting
from sanfu.runtime.rules import Actor, Command, Refusal
from sanfu.runtime.service import Parts, Service
from sanfu.runtime.settings import ServiceSettings
from sanfu.runtime.store import Document, Mark
from tests.support import toy_pair as pair
from tests.support.eventually import eventually
from tests.support.toy_machine import START
from tests.support.toy_service import TOKEN, is_quiet, operator, running

ORDER = "order:m-1:red:1"
ROUNDS = range(1, 1300)


@pytest.fixture(autouse=True)
def noted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "REMEMBER_EVERY", 0.0)


class World:
    """A broker and a store that outlive the processes of the service."""

    def __init__(self) -> None:
        self.broker, self.matters, self.clock = MemoryBroker(), MemoryDocuments(), ManualClock(START)
        for topic, count in pair.TOPICS.items():
            self.broker.create(topic, count)
        self.orders = self.matters.beside("orders")

    @asynccontextmanager
    async def serving(self, *, cured: bool = False) -> AsyncIterator[Service]:
        parts = Parts(self.broker, self.matters, self.clock)
        async with running(pair.made(parts, ServiceSettings(ops_token=TOKEN), cured=cured)) as service:
            yield service

    def told(self, topic: str) -> list[tuple[str, str]]:
        """Type and subject of all own events of a story, as often as they stand there, oldest first."""
        records = [record for log in self.broker.topics[topic] for record in log]
        heads = [{name: value.decode() for name, value in record.headers} for record in records]
        return [(one["ce_type"], one["ce_subject"]) for one in heads if one["ce_source"] == "/sanfu/toy"]

    def states(self) -> dict[str, Any]:
        """All documents, without what depends on when and how often something was written."""
        found = {**self.matters.documents, **self.orders.documents}
        return {id: {k: v for k, v in each.items() if k not in ("ver", "outbox")} for id, each in found.items()}

    def again(self) -> None:
        """Have the whole story read once more, as after a crash that lost all that was noted of it."""
        for documents in (self.matters, self.orders):
            documents.kept_marks = {name: Mark(0) for name in documents.kept_marks}
        for topic in (pair.MATTERS, pair.ORDERS):
            self.broker.groups[topic, "sanfu.toy"].clear()
            self.broker.groups[topic, "sanfu.toy.toyorders"].clear()


@pytest.fixture
def world() -> World:
    return World()


def command(key: str, **data: Any) -> Command:
    return Command("do", data, Actor("tester", "tester"), key)


def own(type: str, subject: str, sequence: int, body: bytes, *, cause: str | None = None) -> Outgoing:
    """An own event, as a lost database does not know of."""
    heads = dict(pair.lit(subject, sequence).headers)
    heads |= {"ce_type": type.encode(), "ce_source": b"/sanfu/toy", "ce_id": f"toy:{subject}:{sequence}".encode()}
    heads |= {"ce_causationid": cause.encode()} if cause else {}
    return Outgoing(pair.MATTERS, subject, body, list(heads.items()))


async def quiet(service: Service) -> None:
    await eventually(lambda: is_quiet(service))


async def busy(world: World, service: Service) -> None:
    """A matter's orders, a reply, one that is overdue, a merger, and one into a head that is not there."""
    await world.broker.publish([pair.lit("m-1", 1, 1, 2), pair.lit("m-2", 1, 1)])
    await quiet(service)
    await service.line(pair.ORDERS).commands.do(ORDER, command("r-1", text="on our way"))
    await service.commands.do("m-2", command("m-2", into=["m-1", "m-404"]))
    await quiet(service)
    world.clock.advance(pair.TIME + timedelta(seconds=1))
    await quiet(service)


WANTED = [
    ["sanfu.toy.heard.v1", pair.RAISED, ORDER, None],
    ["sanfu.toy.heard.v1", pair.RAISED, "order:m-1:red:2", None],
    ["sanfu.toy.heard.v1", pair.REPLIED, ORDER, "on our way"],
    ["sanfu.toy.joined.v1", None, "m-2", None],
    ["sanfu.toy.heard.v1", pair.OVERDUE, "order:m-1:red:2", None],
]


async def test_what_a_matter_wishes_becomes_an_order_and_what_becomes_of_it_is_heard(world: World) -> None:
    async with world.serving() as service:
        await busy(world, service)
    matter, order = world.matters.documents["m-1"], world.orders.documents[ORDER]
    assert sorted(map(str, matter["log"])) == sorted(map(str, WANTED))
    assert matter["wished"] == {ORDER: True, "order:m-1:red:2": True}
    assert (order["of"], order["replies"]) == (["m-1"], ["on our way"])
    assert world.orders.documents["order:m-1:red:2"]["overdue"] is True
    assert "m-404" not in world.matters.documents, "an id that names nobody leaves no trace"
    assert Counter(world.told(pair.ORDERS))[pair.RAISED, ORDER] == 1


async def test_each_story_has_documents_and_marks_of_its_own(world: World) -> None:
    async with world.serving() as service:
        await busy(world, service)
        assert set(world.matters.documents) == {"m-1", "m-2"}
        assert {id.split(":")[0] for id in world.orders.documents} == {"order"}
        assert (len(world.matters.kept_marks), len(world.orders.kept_marks)) == (4, 3)
        assert world.matters.settings[f"partitions:{pair.ORDERS}"] == 3
        told = await service.watcher.quiet()
        assert told["read"].keys() == {pair.MATTERS, pair.ORDERS}
        assert (await operator(service).get("/health/ready")).json()["partitions"] == 7
        assert (await operator(service).get("/metrics")).text.count('sanfu_concerns_total{fate="folded"}') == 1


async def test_a_story_that_is_read_once_more_changes_nothing(world: World) -> None:
    async with world.serving() as service:
        await busy(world, service)
    before, told = copy.deepcopy(world.states()), (world.told(pair.MATTERS), world.told(pair.ORDERS))
    world.again()
    async with world.serving() as service:
        await quiet(service)
        assert service.metrics.concerns.labels("folded")._value.get() == 0
    assert world.states() == before
    assert (world.told(pair.MATTERS), world.told(pair.ORDERS)) == told


class Crash(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("point", ["concerns.before_fold", "concerns.after_fold"])
async def test_what_was_written_but_not_yet_folded_elsewhere_is_folded_after_a_crash(
    world: World, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    async with world.serving() as service:
        await quiet(service)

        def crash(name: str) -> None:
            if name == point:
                raise Crash

        monkeypatch.setattr(concerns, "crashpoint", crash)
        await world.broker.publish([pair.lit("m-1", 1, 1)])
        await eventually(service.failed.is_set)
        assert (ORDER in world.orders.documents) == (point == "concerns.after_fold")
    monkeypatch.undo()
    async with world.serving() as service:
        await quiet(service)
    assert world.matters.documents["m-1"]["wished"] == {ORDER: True}
    assert Counter(world.told(pair.ORDERS)) == {(pair.RAISED, ORDER): 1}


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.UNKNOWN])
async def test_a_write_that_fails_or_whose_outcome_is_unknown_makes_no_second_order(world: World, fault: Fault) -> None:
    async with world.serving() as service:
        await quiet(service)
        world.orders.fail_next.append(fault)
        world.matters.fail_next.append(fault)
        await world.broker.publish([pair.lit("m-1", 1, 1)])
        await eventually(lambda: swept(service, world))
    assert Counter(world.told(pair.ORDERS)) == {(pair.RAISED, ORDER): 1}
    assert world.matters.documents["m-1"]["wished"] == {ORDER: True}


async def swept(service: Service, world: World) -> bool:
    """Publish what a write of unknown outcome left."""
    for line in service.lines:
        await line.sweeper.sweep(line.reader.partitions.keys(), datetime.now(UTC))
    return await is_quiet(service) and "m-1" in world.matters.documents


async def test_an_event_may_name_thousands_and_name_one_twice(world: World) -> None:
    async with world.serving() as service:
        await world.broker.publish([pair.lit("m-1", 1, *ROUNDS, 1)])
        await quiet(service)
    assert len(world.orders.documents) == len(ROUNDS)
    assert Counter(world.told(pair.ORDERS)) == dict.fromkeys(((pair.RAISED, f"order:m-1:red:{n}") for n in ROUNDS), 1)
    assert all(world.matters.documents["m-1"]["wished"].values())


@pytest.mark.parametrize("wrong", ["", "x" * 256])
async def test_an_id_that_no_record_can_have_is_refused(world: World, wrong: str) -> None:
    async with world.serving() as service:
        await quiet(service)
        with pytest.raises(Refusal, match="concerns") as refused:
            await service.commands.do("m-1", command("k", into=[wrong]))
        assert (refused.value.status, refused.value.slug) == (422, "unfit")
    assert world.matters.documents == {}


# --- one document -------------------------------------------------------------------------------------------------


def order(document: Document | None = None) -> Subject:
    types = pair.OrderRules().bears
    stories = (pair.MATTERS, pair.ORDERS)
    setting = Setting(pair.OrderRules(), pair.PairCodec(), pair.ORDERS, START, START, (), stories, types)
    return Subject(setting, ORDER, 1, document)


def letter(record: Outgoing) -> Letter:
    return read_letter(Incoming(record.topic, 0, 0, record.key, record.value, record.headers))


WISH = letter(own(pair.WISHED, "m-1", 7, b'{"concerns": []}'))
RAISED = letter(own(pair.RAISED, ORDER, 1, b'{"concerns": ["m-1"], "until": null}', cause="toy:m-1:7"))


def test_a_rebuilt_subject_knows_by_its_own_events_what_it_heeded() -> None:
    it = order()
    assert it.take(RAISED, Replay.OLD) is Fate.FOLDED
    assert it.heeded == {"toy:m-1": 7}
    assert it.heed(WISH) is Fate.REPEATED


def test_in_a_rebuild_a_subject_remembers_what_nothing_followed_from_and_decides_nothing() -> None:
    there = {"_id": ORDER, "ver": 3, "out": 0, "seen": {}}
    it = order(there)
    assert it.heed(WISH, Replay.OLD) is Fate.FOLDED
    assert it.pushes == [], "nothing is decided"
    assert order({**there, **it.change().sets}).heed(WISH) is Fate.REPEATED
    assert order().heed(WISH, Replay.OLD) is Fate.UNKNOWN, "nobody is made by it"


def test_a_subject_forgets_first_who_bore_upon_it_longest_ago() -> None:
    it = order({"_id": ORDER, "ver": 3, "heeded": {f"toy:m-{n}": 1 for n in range(MOST_HEEDED)}})
    it.heed(letter(own(pair.WISHED, "m-0", 2, b"{}")), Replay.OLD)
    it.heed(letter(own(pair.WISHED, "m-new", 1, b"{}")), Replay.OLD)
    assert len(it.heeded) == MOST_HEEDED
    assert "toy:m-1" not in it.heeded
    assert (it.heeded["toy:m-0"], it.heeded["toy:m-new"]) == (2, 1)


# --- parked -------------------------------------------------------------------------------------------------------


async def replayed(service: Service, subject: str, **params: str) -> httpx.Response:
    return await operator(service).post(f"/ops/dlq/{subject}/replay", params=params)


async def test_what_concerns_a_parked_subject_waits_with_its_records_and_is_folded_in_their_order(
    world: World,
) -> None:
    async with world.serving() as service:
        await world.broker.publish([pair.lit("m-1", 1), pair.lit("m-2", 1), pair.lit("m-3", 1)])
        await quiet(service)
        await service.commands.do("m-2", command("a", into=["m-1"], poison=True))
        await quiet(service)
        await service.commands.do("m-3", command("b", into=["m-1"]))
        await quiet(service)
        await world.broker.publish([pair.lit("m-1", 2, 7)])
        await quiet(service)
        assert world.matters.documents["m-1"]["parked"]["heeded"] == {"toy:m-2": 2, "toy:m-3": 2}
        shown = (await operator(service).get("/ops/dlq/m-1")).json()
        assert [item["id"] for item in shown["items"]] == ["toy:m-2:2", "toy:m-3:2", "lamp:m-1:2"]
        assert (await replayed(service, "m-1")).status_code == 409
    world.again()
    async with world.serving(cured=True) as service:
        await quiet(service)
        assert world.matters.documents["m-1"]["lit"] == 1
        assert (await replayed(service, "m-1")).json() == {"subject": "m-1", "replayed": 3, "parked": False}
        await quiet(service)
    matter = world.matters.documents["m-1"]
    assert [line[2] for line in matter["log"]] == ["m-2", "m-3", "order:m-1:red:7"]
    assert (matter["lit"], matter["wished"], "parked" in matter) == (2, {"order:m-1:red:7": True}, False)


async def test_what_a_parked_subject_told_is_folded_elsewhere_when_it_is_folded_itself(world: World) -> None:
    async with world.serving() as service:
        broken = pair.lit("m-1", 1, 1)._replace(value=b"{")
        head, rest = pair.lit("m-9", 1), pair.lit("m-1", 2, 2)
        merged = own(pair.MERGED, "m-1", 1, b'{"concerns": ["m-9"]}')
        await world.broker.publish([head, broken, rest, merged])
        await quiet(service)
        assert "log" not in world.matters.documents["m-9"], "it waits with the subject that tells it"
        assert (await replayed(service, "m-1", skip="lamp:m-1:1")).status_code == 200
        assert [line[2] for line in world.matters.documents["m-9"]["log"]] == ["m-1"]
        await quiet(service)
    assert world.orders.documents["order:m-1:red:2"]["times"] == 1


async def test_an_order_that_could_not_be_raised_is_parked_and_raised_after_the_cure(world: World) -> None:
    async with world.serving() as service:
        await world.broker.publish([pair.lit("m-1", 1, 1, poison=True)])
        await quiet(service)
        assert "parked" in world.orders.documents[ORDER]
        listed = (await operator(service).get("/ops/dlq")).json()["items"]
        assert [(item["subject"], item["id"]) for item in listed] == [(ORDER, "toy:m-1:1")]
    async with world.serving(cured=True) as service:
        assert (await replayed(service, ORDER)).json()["replayed"] == 1
        await quiet(service)
        assert (await operator(service).get("/ops/dlq")).json()["items"] == []
    assert world.matters.documents["m-1"]["wished"] == {ORDER: True}


# --- rebuilt ------------------------------------------------------------------------------------------------------


async def emptied(world: World) -> None:
    for documents in (world.matters, world.orders):
        await documents.wipe()


def likewise(states: dict[str, Any]) -> dict[str, Any]:
    """A rebuild does not know what was heeded of which nothing followed, where the subject came later."""
    return {id: {k: v for k, v in each.items() if k not in ("heeded", "applied")} for id, each in states.items()}


async def test_a_rebuild_comes_to_the_same_states_and_tells_nothing(world: World) -> None:
    async with world.serving() as service:
        await busy(world, service)
    before, told = copy.deepcopy(world.states()), (world.told(pair.MATTERS), world.told(pair.ORDERS))
    await emptied(world)
    async with world.serving() as service:
        await eventually(lambda: not service.watcher.rebuilding)
        await quiet(service)
        assert (world.told(pair.MATTERS), world.told(pair.ORDERS)) == told
        assert likewise(world.states()) == likewise(before)
        for topic in (pair.MATTERS, pair.ORDERS):  # what is published once more, as any publisher may
            records = [record for log in world.broker.topics[topic] for record in log]
            await world.broker.publish([Outgoing(r.topic, r.key or "", r.value, r.headers) for r in records])
        await quiet(service)
    assert likewise(world.states()) == likewise(before), "it remembers what it heeded"


async def test_an_order_that_a_lost_store_never_raised_is_wished_anew(world: World) -> None:
    async with world.serving() as service:
        await quiet(service)
    await world.broker.publish(
        [pair.lit("m-1", 1, 1), own(pair.WISHED, "m-1", 1, b'{"concerns": ["%s"]}' % ORDER.encode())]
    )
    await emptied(world)
    async with world.serving() as service:
        await eventually(lambda: not service.watcher.rebuilding)
        await quiet(service)
    assert Counter(world.told(pair.ORDERS)) == {(pair.RAISED, ORDER): 1}
    assert world.matters.documents["m-1"]["wished"] == {ORDER: True}


async def test_nothing_is_decided_on_a_subject_before_it_is_rebuilt_and_nothing_is_lost_by_waiting(
    world: World,
) -> None:
    """One partition of the orders is behind, with another process; the matters are live, and one wishes an order."""
    async with world.serving() as service:
        await busy(world, service)
        place = str(service.line(pair.ORDERS).machine.partition("order:m-3:red:1"))
        behind = world.orders.kept_marks[place]
        world.orders.kept_marks[place] = Mark(behind.position, behind.position)
        reader = service.line(pair.ORDERS).reader
        gone = reader.partitions.pop(int(place))
        reader.subscription._at.pop(int(place))  # type: ignore[attr-defined]
        await world.broker.publish([pair.lit("m-3", 1, 1), pair.lit("m-4", 1)])
        await eventually(lambda: service.reader._holding_back)
        assert "order:m-3:red:1" not in world.orders.documents
        world.orders.kept_marks[place] = behind
        reader.subscription._at[int(place)] = gone.position  # type: ignore[attr-defined]
        await quiet(service)
    assert Counter(world.told(pair.ORDERS))[pair.RAISED, "order:m-3:red:1"] == 1
    assert world.matters.documents["m-3"]["wished"] == {"order:m-3:red:1": True}


async def test_a_partition_that_is_rebuilt_goes_on_while_news_waits_for_it(world: World) -> None:
    """Both in one reader: the news must not stand in the way of what it waits for."""
    async with world.serving() as service:
        await busy(world, service)
        at = {id: service.machine.partition(id) for id in ("m-1", *(f"n-{n}" for n in range(20)))}
    other = next(id for id, number in at.items() if number != at["m-1"])
    told = len(world.told(pair.MATTERS))
    del world.matters.documents["m-1"]
    mark = world.matters.kept_marks[str(at["m-1"])]
    world.matters.kept_marks[str(at["m-1"])] = Mark(0, mark.position)
    late: list[Incoming] = []
    log = world.broker.topics[pair.MATTERS][at["m-1"]]
    late, log[:] = log[1:], log[:1]
    async with world.serving() as service:
        await world.broker.publish([pair.lit(other, 1)])
        await quiet_but_for_the_rebuild(service, at[other])
        tries, heed = list[int](), service.reader.heed

        async def counted(machine: Machine, letters: Sequence[Letter], kind: Replay) -> None:
            tries.append(len(letters))
            await heed(machine, letters, kind)

        service.reader.heed = counted
        await world.broker.publish([own(pair.MERGED, other, 2, b'{"concerns": ["m-1"]}')])
        await eventually(lambda: service.reader._holding_back)
        turns = service.reader.subscription.poll
        polled = list[int]()

        async def poll(most: int, seconds: float) -> list[Incoming]:
            polled.append(most)
            return await turns(most, seconds)

        service.reader.subscription.poll = poll  # type: ignore[method-assign]
        await eventually(lambda: len(polled) > 3)
        assert len(tries) == 1, "it is not tried in vain meanwhile"
        log += late
        await eventually(lambda: not service.watcher.rebuilding)
        await quiet(service)
    assert [line[2] for line in world.matters.documents["m-1"]["log"]][-1] == other
    assert len(world.told(pair.MATTERS)) == told + 3, "a wish, the merger, and that it joined"


async def quiet_but_for_the_rebuild(service: Service, number: int) -> None:
    end = len(service.parts.broker.topics[pair.MATTERS][number])  # type: ignore[attr-defined]
    await eventually(lambda: service.reader.partitions[number].position >= end)
