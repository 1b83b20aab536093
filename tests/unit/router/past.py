"""Issues as a router's database holds them, to look back on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sanfu.contracts import names
from sanfu.router.domain.rules import RouterRules
from sanfu.router.hindsight.cases import Case, case_of
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.store import Change, Mark
from tests.unit.router.city import pack
from tests.unit.router.story import Told

RULES = RouterRules(pack())


def leak(rules: RouterRules = RULES, **more: Any) -> Told:
    """An issue that a rule gives to the water bureau at once."""
    it = Told(rules)
    it.submit(**{"text": "水管漏了", **more})
    return it


def puzzle(**more: Any) -> Told:
    """An issue of which no rule is sure."""
    return leak(**{"text": "谁知道呢", **more})


def close(it: Told, kind: str = "resolved") -> Told:
    it.tell(names.ISSUE_CLOSED, kind=kind)
    return it


def led(it: Told, unit: str) -> Told:
    """A person says who leads, and leaves the category as it is."""
    standing = it.state["standing"]
    it.dispatch(unit, standing["assignment"] + 1, category=standing.get("category"))
    return it


def given_back(it: Told, unit: str = "water", to: str = "roads") -> Told:
    it.returned(unit, to, it.state["standing"]["assignment"])
    return it


def quarrelled(it: Told) -> Told:
    """Returned twice, and found to be the first unit's all the same, which pays for the time."""
    it.returned("water", "roads", 1)
    it.returned("roads", "lake", 2, number=2)
    it.tell(names.RETURN_ADJUDICATED, unit="water", number=2, upheld=False, charged="water", reason="so")
    it.dispatch("water", 3)
    return it


def case(it: Told, id: str = "i-1") -> Case:
    found = case_of({"_id": id, **it.state})
    assert found is not None
    return found


async def kept(told: Sequence[Told], partitions: int = 2) -> MemoryDocuments:
    """Put issues into documents as the machine does: `i-0`, `i-1`, … over several partitions."""
    documents = MemoryDocuments()
    changes = [
        Change(f"i-{at:04}", 0, {**it.state, "p": at % partitions, "ver": 1, "seen": {}, "out": 0})
        for at, it in enumerate(told)
    ]
    await documents.write(changes)
    await documents.set_marks({str(number): Mark(9) for number in range(partitions)})
    return documents


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
