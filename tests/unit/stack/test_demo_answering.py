"""Which steps of the demo the unit's own system does."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from sanfu.contracts import names
from sanfu.runtime.broker import Outgoing
from sanfu.stack.demo.answering import Answering, subscribed, system_for
from sanfu.stack.demo.replies import PHOTO
from sanfu.stack.demo.steps import Step
from sanfu.stack.programs import PartError
from tests.support.packs import shipped

PACK = shipped()
ON_BOARD = next(code for code in PACK.units if subscribed(PACK, code) and f"{code}-officer" in PACK.staff)
APART = next(code for code in PACK.units if not subscribed(PACK, code) and f"{code}-officer" in PACK.staff)
AT = datetime(2026, 5, 6, tzinfo=UTC)
DONE: tuple[tuple[str, Any], ...] = ("acknowledge", {}), ("contact", {"result": "reached", "evidence": []})


def step(user: str = f"{ON_BOARD}-officer", *orders: tuple[str, Any], of: str | None = None) -> Step:
    return Step(AT, user, orders or DONE, of)


def test_a_units_own_system_does_what_its_officer_would_have_done() -> None:
    assert system_for(PACK, step()) == ON_BOARD


@pytest.mark.parametrize(
    "other",
    [
        step(f"{APART}-officer"),
        step(f"{ON_BOARD}-head"),
        step("party"),
        step(of="orders/o1"),
        step(f"{ON_BOARD}-officer", *DONE, ("sign", {})),
        step(f"{ON_BOARD}-officer", ("handle", {"evidence": [PHOTO]})),
    ],
)
def test_what_else_is_done_people_do_at_the_desk(other: Step) -> None:
    assert system_for(PACK, other) is None


async def test_an_answer_is_a_record_of_the_units_topic_with_an_id_of_its_own() -> None:
    class Taking:
        sent: list[Outgoing]
        takes = True

        async def publish(self, records: list[Outgoing]) -> list[bool]:
            self.sent = records
            return [self.takes]

    broker = Taking()
    answering = Answering(broker)  # type: ignore[arg-type]
    await answering.answer("tax", "i-1", "contact", {"result": "reached"}, "r1.1.contact")
    [record] = broker.sent
    assert (record.topic, record.key) == (names.replies_topic("tax"), "i-1")
    assert orjson.loads(record.value or b"") == {"result": "reached"}
    assert dict(record.headers)["ce_id"] == b"r1.1.contact"
    broker.takes = False
    with pytest.raises(PartError, match="tax"):
        await answering.answer("tax", "i-1", "contact", {}, "r1.1.contact")
