"""The real parts that the other tests stand on."""

import uuid
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition
from pymongo import MongoClient

from sanfu.stack.programs import free_port
from tests.support.parts import create_topics, own_broker, own_database


async def test_a_record_written_to_the_broker_is_read_back_after_its_restart(tmp_path: Path) -> None:
    port = free_port()
    topic = f"t{uuid.uuid4().hex}"
    with own_broker(tmp_path, port) as bootstrap:
        await create_topics(bootstrap, {topic: 1})
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
            await producer.send_and_wait(topic, "路灯".encode())
    with own_broker(tmp_path, port) as bootstrap:
        async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
            consumer.assign([TopicPartition(topic, 0)])
            await consumer.seek_to_beginning()
            record = await consumer.getone()
    assert record.value.decode() == "路灯"


def test_a_database_keeps_what_was_written_also_when_it_comes_back_on_another_port(tmp_path: Path) -> None:
    with own_database(tmp_path, free_port()) as uri, MongoClient[dict[str, object]](uri) as client:
        client.city.issues.insert_one({"_id": "1", "text": "路灯"})
    with own_database(tmp_path, free_port()) as uri, MongoClient[dict[str, object]](uri) as client:
        assert client.city.issues.find_one({"_id": "1"}) == {"_id": "1", "text": "路灯"}
