"""Clocks armed in bulk in sla's database: one issue is folded through sla's own rules for each due instant, and written
for as many issues as are due then."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.parts import PARTITIONS, Bench
from sanfu.city.holidays_cn import national_calendar
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id, instant
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import peek, to_headers
from sanfu.runtime.broker import Incoming, partition_of
from sanfu.runtime.fold import Subject
from sanfu.runtime.letters import Letter
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.outcomes import Setting
from sanfu.runtime.store import Change, Mark
from sanfu.sla.domain.rules import SlaRules

BASE = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
CLOCK, LIMIT = "emergency_on_scene", timedelta(minutes=60)
"""A clock without a ladder: each issue has one timer."""
PAGE = 1000
WRITERS = 3
MODEL = "the-one-that-is-folded"
Path = tuple[str | int, ...]


async def opened(bench: Bench) -> MongoDocuments:
    """sla's database, as a service would find it that has read its story to the end."""
    store = MongoDocuments(connect(bench.mongo).get_database(f"{bench.prefix}_sla"), "subjects")
    await store.prepare()
    await store.set_marks({str(n): Mark(0) for n in range(PARTITIONS)})
    await store.settle(f"partitions:{names.ISSUES}", PARTITIONS)
    return store


def rules_of(bench: Bench) -> SlaRules:
    """sla's rules with one clock only, so that each issue has one timer."""
    pack = bench.packs.current
    clocks = {CLOCK: pack.policy.clocks[CLOCK]}
    return SlaRules(replace(pack, policy=replace(pack.policy, clocks=clocks)), national_calendar())


def setting(rules: SlaRules, now: datetime) -> Setting:
    return Setting(rules, codec, names.ISSUES, now, now)


@dataclass(slots=True)
class Arming:
    """Arms clocks, and remembers what it folded."""

    rules: SlaRules
    _folded: dict[datetime, tuple[Mapping[str, Any], list[Path]]] = field(default_factory=dict)

    async def write(self, store: MongoDocuments, kind: str, dues: Sequence[datetime]) -> dict[str, datetime]:
        """Arm so many clocks in bulk; answer each subject's due instant."""
        whole = {f"{kind}-{n:07d}": due for n, due in enumerate(dues)}
        pages = iter([*batched(list(whole.items()), PAGE)])
        await asyncio.gather(*(self._write(store, pages) for _ in range(WRITERS)))
        return whole

    async def _write(self, store: MongoDocuments, pages: Iterator[Sequence[tuple[str, datetime]]]) -> None:
        for page in pages:
            assert await store.write([self.armed(subject, due) for subject, due in page])

    def armed(self, subject: str, due: datetime) -> Change:
        """Return the write that arms an emergency whose clock runs out at `due`; nothing of it is left to publish."""
        if due not in self._folded:
            model = _folded(self.rules, due)
            self._folded[due] = model, [*_places(model)]
        model, places = self._folded[due]
        sets = dict(model)
        for place in places:
            _name(sets, place, subject)
        return Change(subject, 0, {**sets, "p": partition_of(subject, PARTITIONS)})


def _places(value: Any, at: Path = ()) -> Iterator[Path]:
    """List where the model's name stands."""
    match value:
        case str() if MODEL in value:
            yield at
        case dict():
            for key, each in value.items():
                yield from _places(each, (*at, key))
        case list():
            for number, each in enumerate(value):
                yield from _places(each, (*at, number))


def _name(sets: dict[str, Any], place: Path, subject: str) -> None:
    """Put a subject's name where the model's stands; what leads there is copied, the rest is shared."""
    target: Any = sets
    for key in place[:-1]:
        target[key] = target[key].copy()
        target = target[key]
    target[place[-1]] = target[place[-1]].replace(MODEL, subject)


def _folded(rules: SlaRules, due: datetime) -> Mapping[str, Any]:
    at = due - LIMIT
    body = {
        "receipt": "R1", "channel": "hotline", "reported_at": instant(at), "audience": "resident", "kind": "issue",
        "urgency": "emergency", "secrecy": "open", "party_kind": "person", "contact": "none", "title": "煤气味",
        "place": {"town": "choucheng"}, "pack": rules.pack.version,
    }  # fmt: skip
    event = Event(event_id("intake", MODEL, 1), names.ISSUE_SUBMITTED, "intake", MODEL, 1, at, body)
    value = codec.encode(event.type, body)
    headers = to_headers(event)
    folded = Subject(setting(rules, at), MODEL, partition_of(MODEL, PARTITIONS), None)
    folded.take(Letter(peek(headers), Incoming(names.ISSUES, 0, 0, MODEL, value, headers)))
    change = folded.change()
    assert change.sets["due"] == due, (change.sets["due"], due)
    return change.sets


def batched(items: Sequence[tuple[str, datetime]], size: int) -> Iterator[Sequence[tuple[str, datetime]]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
