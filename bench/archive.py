"""An archive of cases, as desk would hold it: reports of the pack folded through desk's own rules.

What a case is made of is folded once for each report and end; each case then has a number, instants and, so, tokens and
an order of its own. Of all but the newest the end is known: a city's archive grows, what it has open does not.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.parts import PARTITIONS, reports
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id, instant
from sanfu.contracts.registry import codec
from sanfu.desk.domain.case import evolve
from sanfu.desk.domain.finding import by_number
from sanfu.runtime.broker import partition_of

OPEN = 8_000
"""Cases that are open, however many there are: 500 a day in a city of a million and a half, for up to 15 days."""
NOW = datetime.now(UTC).replace(microsecond=0)
SPAN = timedelta(days=1000)
_LETTERS = "0123456789KRTWXY"
Case = dict[str, Any]


def cases(count: int, pick: random.Random) -> Iterator[Case]:
    """Give so many documents, the open ones first."""
    some = reports()
    opened = [_folded(report, ended=False) for report in some]
    closed = [_folded(report, ended=True) for report in some]
    for number in range(count):
        kind = opened if number < OPEN else closed
        yield _one(kind[number % len(some)], number, count, pick)


def _one(folded: Case, number: int, count: int, pick: random.Random) -> Case:
    bare = "".join(pick.choices(_LETTERS, k=16))
    receipt = "YW-" + "-".join(bare[at : at + 4] for at in range(0, 16, 4))
    at = NOW - (timedelta(minutes=number % 20_000) if folded["open"] else SPAN * (number / count))
    limit = instant(NOW + timedelta(days=1, seconds=pick.randint(0, 14 * 86400)))
    tokens = [token for token in folded["found_by"] if not token.startswith("#")] + by_number(receipt)
    own: Case = {"receipt": receipt, "submitted_at": instant(at), "found_by": tokens}
    if folded["open"]:
        clock = {**folded["clocks"]["handling"], "limit": limit}
        own |= {"limit": limit, "order": f"3|{limit}", "clocks": {"handling": clock}}
    id = f"case-{number:08d}"
    return {**folded, **own, "_id": id, "p": partition_of(id, PARTITIONS)}


def _folded(report: dict[str, Any], *, ended: bool) -> Case:
    case: Case = {}
    told: dict[str, int] = {}
    for source, type, data in _story(report, ended=ended):
        told[source] = told.get(source, 0) + 1
        body = codec.decode(type, codec.encode(type, data))
        event = Event(event_id(source, "i", told[source]), type, source, "i", told[source], NOW, body)
        case = dict(evolve(case, event))
    out = told.pop("desk", 0)
    return {**case, "ver": sum(told.values()) + out, "seen": told, "out": out, "outbox": []}


def _story(report: dict[str, Any], *, ended: bool) -> Iterator[tuple[str, str, dict[str, Any]]]:
    unit, at = report["unit"], instant(NOW)
    secret = report["secrecy"] in {"confidential", "sealed"}
    yield "intake", names.ISSUE_SUBMITTED, {
        "receipt": "R", "channel": report["channel"], "reported_at": at, "audience": report["audience"],
        "kind": report["kind"], "urgency": "normal", "secrecy": report["secrecy"], "party_kind": report["party_kind"],
        "contact": "none", "title": "保密事项" if secret else report["text_title"],
        "text": None if secret else report["text_body"], "category": report["category"], "pack": "p",
        "place": {"town": report["town"], "address": report["address"] or None},
    }  # fmt: skip
    yield "router", names.ISSUE_ASSIGNED, {
        "unit": unit, "grade": report["grade"], "urgency": "normal", "audience": report["audience"], "assignment": 1,
        "decided_by": "rule", "reason": "规则", "pack": "p",
    }  # fmt: skip
    yield "sla", names.DEADLINE_SET, {
        "clock": "handling", "version": 1, "round": 1, "unit": unit, "limit": at, "starts": at, "pack": "p",
    }  # fmt: skip
    if ended:
        by = {"id": f"{unit}-officer", "role": "officer", "unit": unit}
        for name in (names.ISSUE_ACKNOWLEDGED, names.ISSUE_CLOSED):
            more = {"kind": "resolved"} if name == names.ISSUE_CLOSED else {"unit": unit, "assignment": 1}
            yield "desk", name, {"by": by, "round": 1, **more}
