"""One behaviour suite for every broker."""

import uuid
from collections.abc import AsyncIterator
from functools import partial

import pytest

from sanfu.runtime.broker import (
    TRIED_AGAIN,
    Broker,
    BrokerDown,
    Family,
    Incoming,
    Outgoing,
    Subscription,
    partition_of,
)
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.memory import MemoryBroker
from sanfu.stack.topics import Topic, create
from tests.support.eventually import eventually

TOPIC = "sanfu.suite.v1"
NARROW = "sanfu.narrow.v1"
LONGEST = 10_000
"""Bytes that the narrow topic takes."""
PARTITIONS = 4


@pytest.fixture(params=["memory", "kafka"])
async def broker(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[Broker]:
    if request.param == "memory":
        memory = MemoryBroker()
        for name in (TOPIC, NARROW):
            memory.create(name, PARTITIONS)
        memory.largest[NARROW] = LONGEST
        yield memory
        return
    bootstrap = request.getfixturevalue("kafka")
    limits = {TOPIC: {}, NARROW: {"max.message.bytes": str(LONGEST)}}
    wanted = [Topic(name.replace("sanfu", prefix, 1), PARTITIONS, settings) for name, settings in limits.items()]
    await create(bootstrap, wanted)
    real = KafkaBroker(bootstrap, prefix)
    await real.start()
    yield real
    await real.stop()


def record(key: str, value: str, topic: str = TOPIC) -> Outgoing:
    return Outgoing(topic, key, value.encode(), [("ce_id", value.encode()), ("中", b"\x00\xff")])


async def joined(broker: Broker, group: str = "sanfu.readers") -> Subscription:
    subscription = broker.subscribe(TOPIC, group=group, member=f"sanfu.member-{uuid.uuid4().hex[:6]}")
    await subscription.start()

    async def assigned() -> bool:
        await subscription.poll(1, 0.01)
        return len(subscription.assigned) == PARTITIONS

    await eventually(assigned)
    for number in subscription.assigned:
        await subscription.position(number, await subscription.committed(number) or 0)
    return subscription


async def gathered(subscription: Subscription, count: int) -> list[Incoming]:
    found: list[Incoming] = []

    async def enough() -> bool:
        found.extend(await subscription.poll(500, 0.1))
        return len(found) >= count

    await eventually(enough)
    return found


async def test_records_of_a_key_come_in_order_with_key_value_and_headers(broker: Broker) -> None:
    sent = [record(f"k{n % 5}", str(n)) for n in range(200)]
    assert await broker.publish(sent) == [True] * 200
    subscription = await joined(broker)
    found = await gathered(subscription, 200)
    await subscription.stop()
    for key in {r.key for r in sent}:
        assert [r.value for r in found if r.key == key] == [r.value for r in sent if r.key == key]
    assert {(r.topic, dict(r.headers)["中"]) for r in found} == {(TOPIC, b"\x00\xff")}


async def test_a_key_lies_where_every_kafka_client_would_put_it(broker: Broker) -> None:
    keys = [uuid.uuid4().hex for _ in range(50)] + ["", "a", "ab", "abc", "问题", "order-1"]
    await broker.publish([record(key, "x") for key in keys])
    assert {(r.key, r.partition) for r in await broker.read(TOPIC)} == {(k, partition_of(k, PARTITIONS)) for k in keys}


async def test_a_missing_topic_is_answered_at_once_and_nothing_waits_for_it(broker: Broker) -> None:
    nowhere = "sanfu.nowhere.v1"
    assert await broker.publish([record("a", "1"), record("a", "2", nowhere), record("a", "3")]) == [True, False, True]
    assert broker.missing == {nowhere}
    assert await broker.partitions(nowhere) is None
    assert await broker.partitions(TOPIC) == PARTITIONS


async def test_a_committed_offset_outlives_the_subscription(broker: Broker) -> None:
    await broker.publish([record("a", str(n)) for n in range(10)])
    number = partition_of("a", PARTITIONS)
    subscription = await joined(broker)
    await subscription.commit({number: 7})
    await subscription.stop()
    again = await joined(broker)
    assert await again.committed(number) == 7
    assert [r.offset for r in await gathered(again, 3)] == [7, 8, 9]
    await again.stop()


async def test_a_subscription_can_be_set_back(broker: Broker) -> None:
    await broker.publish([record("a", str(n)) for n in range(5)])
    number = partition_of("a", PARTITIONS)
    subscription = await joined(broker)
    await gathered(subscription, 5)
    await subscription.position(number, 3)
    assert [r.offset for r in await gathered(subscription, 2)] == [3, 4]
    await subscription.stop()


async def test_ends_are_told_afresh_and_a_fetch_tells_when_it_saw_them(broker: Broker) -> None:
    subscription = await joined(broker)
    number = partition_of("a", PARTITIONS)
    assert (await subscription.ends())[number] == 0
    await broker.publish([record("a", "1"), record("a", "2")])
    assert (await subscription.ends())[number] == 2
    assert (await subscription.beginnings())[number] == 0
    await gathered(subscription, 2)

    async def seen() -> bool:
        await subscription.poll(1, 0.05)
        fetched = subscription.end_seen(number)
        return fetched is not None and fetched[1] == 2

    await eventually(seen)
    await subscription.stop()


async def test_one_key_of_a_topic_can_be_read_alone(broker: Broker) -> None:
    await broker.publish([record("a", "1"), record("b", "2"), record("a", "3")])
    assert [r.value for r in await broker.read(TOPIC, "a")] == [b"1", b"3"]


async def test_a_heap_of_records_for_one_partition_goes_out_in_batches_that_the_broker_takes(broker: Broker) -> None:
    heap = [Outgoing(TOPIC, "a", bytes(4096), []) for _ in range(700)]
    assert await broker.publish(heap) == [True] * 700


async def test_a_record_that_is_too_long_for_its_topic_holds_up_only_what_follows_it_there(broker: Broker) -> None:
    other = next(key for key in "bcdefgh" if partition_of(key, PARTITIONS) == partition_of("a", PARTITIONS))
    long = Outgoing(NARROW, "a", bytes(20_000), [])
    sent = [long, record("a", "1", NARROW), record(other, "2", NARROW), record("a", "3")]

    async def found_out() -> bool:
        assert not (await broker.publish(sent))[0]
        return broker.oversized.keys() == {(NARROW, "a")}

    await eventually(found_out)
    assert await broker.publish(sent) == [False, False, True, True], "whoever shares the partition goes on"
    broker.oversized[NARROW, "a"] -= TRIED_AGAIN
    assert await broker.publish([long._replace(value=b"short enough"), sent[1]]) == [True, True]
    assert broker.oversized == {}


async def test_records_that_are_too_long_together_go_one_by_one(broker: Broker) -> None:
    several = [Outgoing(NARROW, "a", b"%d" % n + bytes(4000), []) for n in range(8)]

    async def gone() -> bool:
        return all(await broker.publish(several))

    await eventually(gone)
    assert broker.oversized == {}
    assert list(dict.fromkeys((r.value or b"")[:1] for r in await broker.read(NARROW, "a"))) == [
        b"%d" % n for n in range(8)
    ]


async def test_a_subscription_that_has_not_started_knows_of_nothing(
    broker: Broker, request: pytest.FixtureRequest
) -> None:
    if isinstance(broker, MemoryBroker):
        request.applymarker(pytest.mark.xfail(strict=True, reason="memory can be asked at any time"))
    subscription = broker.subscribe(TOPIC, group="sanfu.readers", member="sanfu.early")
    assert subscription.assigned == frozenset()
    with pytest.raises(BrokerDown):
        await subscription.ends()
    with pytest.raises(BrokerDown):
        await subscription.poll(1, 0.01)


# ── a family of topics ───────────────────────────────────────────────────────────────────────────────────────────────

FAMILY = "sanfu.answers.{code}.v1"


async def make(broker: Broker, *codes: str) -> None:
    """Create topics of the family, or such as only begin like one."""
    topics = [FAMILY.replace("{code}", code) for code in codes]
    if isinstance(broker, MemoryBroker):
        for topic in topics:
            broker.create(topic)
        return
    assert isinstance(broker, KafkaBroker)
    await create(broker.bootstrap, [Topic(broker.name(topic), 1) for topic in topics])
    for topic in topics:
        await eventually(partial(broker.partitions, topic))


def answer(code: str, value: str) -> Outgoing:
    return record("k", value, FAMILY.replace("{code}", code))


async def taken(family: Family, count: int) -> list[Incoming]:
    found: list[Incoming] = []

    async def enough() -> bool:
        found.extend(await family.poll(500, 0.1))
        return len(found) >= count

    await eventually(enough, within=40)
    return found


async def test_a_family_is_all_topics_of_that_name_and_no_other_also_those_that_are_made_later(broker: Broker) -> None:
    family = broker.family(FAMILY, group="sanfu.families", member="sanfu.family-0")
    await family.start()
    await make(broker, "water", "tax")
    await make(broker, "water.dlq")
    other = answer("water.dlq", "x")
    assert await broker.publish([answer("water", "1"), other, answer("tax", "2"), answer("water", "3")]) == [True] * 4
    found = await taken(family, 3)
    assert [(one.topic.split(".")[2], one.value) for one in found if one.topic.endswith("water.v1")] == [
        ("water", b"1"), ("water", b"3"),
    ]  # fmt: skip
    assert sorted(one.value or b"" for one in found) == [b"1", b"2", b"3"]
    await family.stop()


async def test_of_a_family_only_the_topics_of_the_units_that_are_named_are_read(broker: Broker) -> None:
    named = ("water", "tax", "not-yet", "a.c")
    family = broker.family(FAMILY, group="sanfu.families", member="sanfu.family-0", codes=named)
    await make(broker, "water", "water-2", "old-water", "tax", "police", "abc")
    await family.start()
    said = [answer(code, code) for code in ("water", "water-2", "old-water", "tax", "police", "abc")]
    assert await broker.publish(said) == [True] * 6
    found = await taken(family, 2)
    assert sorted(one.value or b"" for one in found) == [b"tax", b"water"]
    await family.commit({(one.topic, one.partition): one.offset + 1 for one in found})
    await make(broker, "not-yet", "nobodys")
    assert await broker.publish([answer("nobodys", "x"), answer("not-yet", "later")]) == [True] * 2
    assert [one.value for one in await taken(family, 1)] == [b"later"]
    assert await family.lag() == 1
    await family.stop()


async def test_a_family_begins_behind_what_was_said_to_be_done_and_counts_what_was_not(broker: Broker) -> None:
    await make(broker, "water", "tax")
    family = broker.family(FAMILY, group="sanfu.families", member="sanfu.family-0")
    await family.start()
    await broker.publish([answer("water", "1"), answer("water", "2"), answer("tax", "3")])
    await taken(family, 3)
    assert await family.lag() == 3, "read is not done"
    await family.commit({(FAMILY.replace("{code}", "water"), 0): 1})
    assert await family.lag() == 2
    await family.stop()
    again = broker.family(FAMILY, group="sanfu.families", member="sanfu.family-0")
    await again.start()
    assert sorted(one.value or b"" for one in await taken(again, 2)) == [b"2", b"3"]
    assert await again.lag() == 2
    await again.stop()


async def test_a_family_that_is_not_joined_says_that_it_can_not_be_asked(broker: Broker) -> None:
    family = broker.family(FAMILY, group="sanfu.families", member="sanfu.family-0")
    for asked in (family.poll(1, 0.01), family.lag()):
        with pytest.raises(BrokerDown):
            await asked


async def test_the_ends_of_a_topic_are_told_of_all_its_partitions(broker: Broker) -> None:
    assert await broker.publish([record("a", "1"), record("a", "2")]) == [True, True]
    ends = await broker.ends_of(TOPIC)
    assert ends == {**dict.fromkeys(range(PARTITIONS), 0), partition_of("a", PARTITIONS): 2}
