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
    replies: frozenset[str] = frozenset()
    """Ids of what units' own systems answered by topic."""

    def answered(self) -> set[str]:
        """Name the replies by topic from which something followed."""
        done = (one for one in self.events if one.source == "desk" and one.type != names.REPLY_REFUSED)
        return {rest for one in done if (rest := (one.causation or "").partition(":reply:")[2])}

    def of(self, *types: str) -> list[Event]:
        return [one for one in self.events if one.type in types]

    def subjects(self, type: str) -> set[str]:
        return {one.subject for one in self.of(type)}


async def story(stack: Stack, subscribed: Iterable[str] = ()) -> Story:
    """Read both topics from their beginning, and what the systems of these units answered. Raises PartError where Kafka
    does not answer."""
    secured = security(ServiceSettings())
    broker = KafkaBroker(stack.plan.bootstrap, stack.plan.prefix, fetch_wait_ms=100, security=secured)
    try:
        records = [record for topic in (names.ISSUES, names.AFFAIRS) for record in await broker.read(topic)]
        sent = [record for unit in subscribed for record in await broker.read(names.replies_topic(unit))]
    except BrokerDown as error:
        raise PartError(f"Kafka does not answer: {error}") from error
    finally:
        await broker.stop()
    replies = frozenset(dict(one.headers)["ce_id"].decode() for one in sent)
    return Story(_once(from_headers(one.headers, json.loads(one.value or b"{}")) for one in records), replies)


def _once(events: Iterable[Event]) -> list[Event]:
    """Delivery is at least once: what was told twice counts once."""
    return list({one.id: one for one in events}.values())
