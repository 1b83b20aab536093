"""Whatever comes twice, late or in another order: once all has come, the state is that of the story told in order."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sanfu.runtime.broker import Incoming, Outgoing
from sanfu.runtime.fold import Fate, Subject
from sanfu.runtime.letters import Letter, read_letter
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.outcomes import Setting
from tests.support import toy

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SETTING = Setting(toy.ToyRules(), toy.ToyCodec(), toy.STORY, NOW, NOW)
EACH = 5
"""Records of each of two sources."""


def letter(record: Outgoing) -> Letter:
    return read_letter(Incoming(record.topic, 0, 0, record.key, record.value, record.headers))


def record(source: str, sequence: int) -> Letter:
    if source == "other" and sequence % 2:
        return letter(toy.told(source, toy.NOTED, "s-1", sequence, {}))
    return letter(toy.told(source, toy.ASKED, "s-1", sequence, {"value": sequence * (1 if source == "asker" else 100)}))


def folded(store: MemoryDocuments, batch: list[Letter]) -> list[Fate]:
    it = Subject(SETTING, "s-1", 0, store.documents.get("s-1"))
    fates = [it.take(one) for one in batch]
    if it.dirty:
        assert store._apply(it.change())
    return fates


deliveries = st.lists(st.lists(st.tuples(st.sampled_from(["asker", "other"]), st.integers(1, EACH)), max_size=8))


@given(deliveries)
@settings(max_examples=120, deadline=None)
def test_any_order_and_repetition_gives_the_state_of_the_story_in_the_order_of_its_folding(
    batches: list[list[tuple[str, int]]],
) -> None:
    """Two sources' records may interleave in any way, so the story in order is that of each record's folding."""
    store, order = MemoryDocuments(), list[tuple[str, int]]()
    again = [(source, n) for n in range(1, EACH + 1) for source in ("other", "asker")]  # dropped ones come again
    for batch in [*batches, again]:
        fates = folded(store, [record(*one) for one in batch])
        order += [one for one, fate in zip(batch, fates, strict=True) if fate in (Fate.FOLDED, Fate.UNKNOWN)]
    assert sorted(order) == sorted(again), "each exactly once"
    for source in ("asker", "other"):
        assert [n for at, n in order if at == source] == list(range(1, EACH + 1))
    straight = MemoryDocuments()
    for one in order:
        folded(straight, [record(*one)])
    assert plain(store.documents["s-1"]) == plain(straight.documents["s-1"])


def plain(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "ver": 0, "outbox": [(e["ref"], e["value"]) for e in document["outbox"]]}
