"""Departments of the demo with a system of their own: it does by topic what an officer of theirs would have done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.replies import replies
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.kafka import KafkaBroker
from sanfu.stack.demo.chance import share
from sanfu.stack.demo.replies import PHOTO
from sanfu.stack.demo.steps import Step
from sanfu.stack.programs import PartError

SUBSCRIBED: Final = 0.2
"""So many of the units have a system that is on board."""


def subscribed(pack: Pack, code: str) -> bool:
    return pack.units[code].has_topic and share(code, "subscribed") < SUBSCRIBED


def system_for(pack: Pack, step: Step) -> str | None:
    """Return the unit whose own system does a step, if one does: all of it or nothing, for what comes by topic and what
    comes by the API have no order."""
    person = pack.staff.get(step.user)
    if step.of is not None or person is None or "officer" not in person.roles or not subscribed(pack, person.unit):
        return None
    return person.unit if step.orders and all(_by_topic(*order) for order in step.orders) else None


def _by_topic(command: str, said: Mapping[str, Any]) -> bool:
    return names.reply_type(command) in replies() and PHOTO not in said.get("evidence", ())


@dataclass(slots=True)
class Answering:
    """Sends replies. `broker` is started by whoever opens it."""

    broker: KafkaBroker

    async def answer(self, unit: str, issue: str, command: str, said: Mapping[str, Any], id: str) -> None:
        """Send a reply. Raises PartError if the broker does not take it."""
        heads = {"ce_specversion": "1.0", "ce_source": f"/{unit}", "ce_type": names.reply_type(command), "ce_id": id}
        headers = [(name, text.encode()) for name, text in heads.items()]
        record = Outgoing(names.replies_topic(unit), issue, json.dumps(said, ensure_ascii=False).encode(), headers)
        if not (await self.broker.publish([record]))[0]:
            raise PartError(f"Kafka does not take what {unit} answers")
