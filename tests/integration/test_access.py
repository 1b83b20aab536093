"""Kafka as deployments have it: by TLS, with accounts, and with no more rights than deploy/kafka's table grants."""

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.kafka import topics
from sanfu.contracts import access, names
from sanfu.contracts.registry import SERVICES
from sanfu.runtime.broker import BrokerDown, Outgoing
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.security import security
from sanfu.runtime.settings import ServiceSettings
from tests.support.city import on_real_parts
from tests.support.hooks import hooked
from tests.support.parts import create_topics
from tests.support.secured import PASSWORD, PLAIN, SCRAM, Secured, secured_broker

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*_SelectorTransport.__del__:pytest.PytestUnraisableExceptionWarning",
    r"ignore:Exception ignored in. <socket\.socket:pytest.PytestUnraisableExceptionWarning",
    "ignore:unclosed transport:ResourceWarning",
)
"""Connections are turned away here on purpose, and TLS says goodbye in its own time: the test's loop ends before."""

USERS = [*(f"sanfu-{name}" for name in (*SERVICES, "topics")), "unit-water"]
WATER, TAX = names.unit_topic("water"), names.unit_topic("tax")


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """Whatever a test leaves half closed is noticed in that test, and not in one that comes later."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured_broker(tmp_path_factory.mktemp("secured"), USERS, ["sanfu-router"]) as broker:
        yield broker


@pytest.fixture(scope="module")
def ready(secured: Secured) -> Secured:
    """With some topics of `ours`, and everybody's rights on them."""

    async def prepare() -> None:
        wanted = (names.ISSUES, names.CONTACTS, WATER, TAX)
        await create_topics(secured.admin, {name.replace("sanfu", "ours", 1): 1 for name in wanted})
        await secured.grant(access.of_units(["water"]), "ours")

    asyncio.run(prepare())
    return secured


def come(account: dict[str, Any]) -> KafkaBroker:
    settings = ServiceSettings(prefix="ours", **account)
    return KafkaBroker(settings.kafka, settings.prefix, send_within=5, security=security(settings))


def record(topic: str) -> Outgoing:
    return Outgoing(topic, "key", b"{}", ())


@pytest.mark.parametrize("mechanism", [SCRAM, PLAIN])
async def test_a_service_with_its_account_does_what_is_its_own(ready: Secured, mechanism: str) -> None:
    broker = come(ready.account("sanfu-router", mechanism))
    await broker.start()
    try:
        assert await broker.publish([record(names.ISSUES), record(WATER)]) == [True, True]
        assert [one.value for one in await broker.read(names.ISSUES)][:1] == [b"{}"]
        story = broker.subscribe(names.ISSUES, group="sanfu.router", member="sanfu.router-0")
        await story.start()
        assert story.assigned == {0}
        await story.stop()
    finally:
        await broker.stop()


async def test_a_service_does_nothing_that_no_right_of_the_table_allows(ready: Secured) -> None:
    broker = come(ready.account("sanfu-router"))
    await broker.start()
    try:
        assert await broker.publish([record(names.CONTACTS)]) == [False]
        assert names.CONTACTS in broker.missing, "it does not even see that it is there: an alarm, and nothing waits"
        for topic, group in ((names.CONTACTS, "sanfu.router.contacts"), (names.ISSUES, "sanfu.desk")):
            with pytest.raises(BrokerDown, match="AuthorizationFailed"):
                await broker.subscribe(topic, group=group, member="sanfu.router-0").start()
    finally:
        await broker.stop()


async def test_a_units_systems_read_their_own_topic_and_no_others(ready: Secured) -> None:
    broker = come(ready.account("unit-water"))
    await broker.start()
    try:
        assert await broker.partitions(WATER) == 1
        assert {topic for topic in (TAX, names.ISSUES, names.CONTACTS) if await broker.partitions(topic)} == set()
        assert await broker.publish([record(WATER)]) == [False]
    finally:
        await broker.stop()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kafka_password": f"not-{PASSWORD}"},
        {"kafka_user": "nobody"},
        {"kafka_ca": None},
        {"kafka_security_protocol": "SASL_PLAINTEXT", "kafka_ca": None},
        {"kafka_security_protocol": "SSL", "kafka_user": None, "kafka_password": None},
    ],
    ids="-".join,
)
async def test_who_comes_otherwise_does_not_get_in(ready: Secured, wrong: dict[str, Any]) -> None:
    broker = come(ready.account("sanfu-router", **wrong))
    with pytest.raises(BrokerDown):
        await broker.start()
    await broker.stop()


async def test_the_account_for_topics_creates_them(secured: Secured, prefix: str) -> None:
    await secured.grant([grant for grant in access.grants() if grant.principal == "sanfu-topics"], prefix)
    settings = ServiceSettings(prefix=prefix, **secured.account("sanfu-topics"))
    wanted = [topic for topic in topics.wanted(["water"], prefix, 1) if topic.partitions == 1]
    assert await topics.create(settings.kafka, wanted, security(settings)) == []


async def test_the_rights_of_the_table_are_enough_for_the_whole_job(secured: Secured, mongo: str, prefix: str) -> None:
    await secured.grant(access.of_units([]), prefix)

    def account(service: str) -> dict[str, Any]:
        return secured.account(f"sanfu-{service}")

    async with on_real_parts(secured.admin, mongo, prefix, account=account) as city:
        issue = await city.report("hotline", category="road-lamp")
        await city.officer("housing-construction").do_all(issue)
        await city.person("follow_up_caller").follow_up(issue, satisfied=5)
        assert await city.state(issue) == "closed"
        assert (await city.receipt(issue))["state"] == "closed"
        on_topic = await city.unit_topic("housing-construction", issue)
        assert len(on_topic) > 3
        async with hooked(city, ["housing-construction"]) as endpoint:
            assert len(endpoint.asked) == len(on_topic)
