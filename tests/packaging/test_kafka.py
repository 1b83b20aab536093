"""The topics of a deployment, and who may do what with them: in step with the registry, and on a real broker."""

import asyncio
import sys
from collections.abc import Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.kafka import topics
from sanfu.contracts import access, registry
from sanfu.stack import topics as embedded
from sanfu.stack.places import checkout
from tests.packaging.installation import run
from tests.support.packs import SHIPPED, shipped

KAFKA = checkout() / "deploy" / "kafka"
UNITS = [code for code, unit in shipped().units.items() if unit.has_topic]


@pytest.fixture
def clean(kafka: str, prefix: str) -> Iterator[str]:
    """Give a prefix of which no topic is left afterwards: they are a burden to the next tests."""
    yield prefix
    asyncio.run(_delete(kafka, prefix))


async def _delete(kafka: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.delete_topics([name for name in await admin.list_topics() if name.startswith(f"{prefix}.")])
    finally:
        await admin.close()


def test_a_deployment_has_the_topics_of_the_stack_with_its_own_size() -> None:
    mine = {topic.name: topic for topic in topics.wanted(UNITS, "sanfu", 3)}
    theirs = {topic.name: topic for topic in embedded.wanted(shipped(), "sanfu", "deployment")}
    assert mine.keys() == theirs.keys()
    for name, topic in mine.items():
        assert (topic.partitions, topic.replicas) == (theirs[name].partitions, 3)
        assert topic.settings == {**theirs[name].settings, "min.insync.replicas": "2"}
    assert mine["sanfu.issues.v1"].partitions == 64


async def test_topics_are_created_once_and_what_is_there_is_left(
    kafka: str, clean: str, capsys: pytest.CaptureFixture[str]
) -> None:
    small = [topic for topic in topics.wanted(["water", "tax"], clean, 1) if topic.partitions == 1]
    assert await topics.create(kafka, small) == []
    assert capsys.readouterr().out == f"{len(small)} topics created, 0 were there\n"
    assert await topics.create(kafka, small) == []
    assert capsys.readouterr().out == f"0 topics created, {len(small)} were there\n"


@pytest.mark.full
def test_the_job_of_the_compose_file_creates_everything(kafka: str, clean: str) -> None:
    settings = {"SANFU_KAFKA": kafka, "SANFU_PREFIX": clean, "SANFU_CITY": str(SHIPPED), "SANFU_TOPICS_REPLICAS": "1"}
    count = len(topics.wanted(UNITS, clean, 1))
    assert f"{count} topics created, 0 were there" in run([sys.executable, KAFKA / "topics.py", "--create"], settings)


def test_without_being_told_to_create_it_only_prints(prefix: str) -> None:
    settings = {"SANFU_KAFKA": "127.0.0.1:1", "SANFU_PREFIX": prefix, "SANFU_CITY": str(SHIPPED)}
    printed = run([sys.executable, KAFKA / "topics.py"], settings).splitlines()
    assert printed == [str(topic) for topic in topics.wanted(UNITS, prefix, 3)]


async def test_a_topic_with_another_number_of_partitions_is_told_of(kafka: str, clean: str) -> None:
    wanted = [topic for topic in topics.wanted([], clean, 1) if topic.name.endswith((".issues.v1", ".directory.v1"))]
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(f"{clean}.issues.v1", 2, 1)])
    finally:
        await admin.close()
    [wrong] = await topics.create(kafka, wanted)
    assert f"{clean}.issues.v1 has 2 partitions, not 64" in wrong


async def test_more_replicas_than_brokers_are_refused_with_the_reason(kafka: str, clean: str) -> None:
    [topic] = [topic for topic in topics.wanted([], clean, 99) if topic.name.endswith(".directory.v1")]
    [wrong] = await topics.create(kafka, [topic])
    assert "InvalidReplicationFactorError" in wrong


def test_the_table_of_access_is_the_registrys() -> None:
    assert (KAFKA / "access.txt").read_text() == access.table(), "run: python deploy/kafka/access.py > …/access.txt"


@pytest.mark.parametrize("topic", registry.TOPICS, ids=lambda topic: topic.name)
def test_who_writes_or_reads_a_topic_may_and_nobody_else(topic: registry.Topic) -> None:
    name = topic.name.format(code="water", service="router")
    granted = {"Write": set[str](), "Read": set[str]()}
    for grant in access.of_units(["water", "tax"]):
        if grant.resource == "topic" and (name.startswith(grant.name) if grant.prefixed else name == grant.name):
            for operation in granted.keys() & set(grant.operations):
                granted[operation].add(grant.principal)
    own = {"sanfu-router"} if "{service}" in topic.name else set[str]()
    by_family = {"sanfu-desk"} if topic.name.endswith("{code}.dlq.v1") else own  # it reads all that begins so
    who = {party: f"sanfu-{party}" for party in (*registry.SERVICES, "operators")} | {"unit": "unit-water"}
    assert granted["Write"] == (own or {who[writer] for writer in topic.writers})
    assert granted["Read"] == by_family | {who[reader] for reader in topic.readers}


def test_commands_carry_the_deployments_prefix() -> None:
    told = run([sys.executable, KAFKA / "access.py", "--commands", "water"], {"SANFU_PREFIX": "t42"})
    assert " --topic t42.units.water.v1" in told
    assert " --group t42.router\n" in told
    assert "sanfu." not in told
