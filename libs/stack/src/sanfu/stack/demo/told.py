"""The story as it stands on the topics: what was really told, whatever the services made of it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.contracts.wire import from_headers
from sanfu.runtime.broker import BrokerDown
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.security import security
from sanfu.runtime.settings import ServiceSettings
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack


@dataclass(frozen=True, slots=True)
class Story:
    """All events of issues and affairs, each once."""

    events: Sequence[Event]

    def of(self, *types: str) -> list[Event]:
        return [one for one in self.events if one.type in types]

    def subjects(self, type: str) -> set[str]:
        return {one.subject for one in self.of(type)}


async def story(stack: Stack) -> Story:
    """Read both topics from their beginning. Raises PartError where Kafka does not answer."""
    secured = security(ServiceSettings())
    broker = KafkaBroker(stack.plan.bootstrap, stack.plan.prefix, fetch_wait_ms=100, security=secured)
    try:
        records = [record for topic in (names.ISSUES, names.AFFAIRS) for record in await broker.read(topic)]
    except BrokerDown as error:
        raise PartError(f"Kafka does not answer: {error}") from error
    finally:
        await broker.stop()
    return Story(_once(from_headers(one.headers, json.loads(one.value or b"{}")) for one in records))


def _once(events: Iterable[Event]) -> list[Event]:
    """Delivery is at least once: what was told twice counts once."""
    return list({one.id: one for one in events}.values())
