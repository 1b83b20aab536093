"""Many topics read at once: a consumer for each would take most of a test's time."""

from collections import defaultdict
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition


async def read_all(bootstrap: str, topics: Iterable[str]) -> dict[str, list[ConsumerRecord]]:
    """Return what each of these topics of one partition holds now, by its full name; empty ones are left out."""
    places = [TopicPartition(topic, 0) for topic in topics]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    found: dict[str, list[ConsumerRecord]] = defaultdict(list)
    await consumer.start()
    try:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        left = {place for place, end in (await consumer.end_offsets(places)).items() if end > 0}
        ends = await consumer.end_offsets(list(left))
        while left:
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                found[place.topic] += records
            left = {place for place in left if await consumer.position(place) < ends[place]}
    finally:
        await consumer.stop()
    return dict(found)
