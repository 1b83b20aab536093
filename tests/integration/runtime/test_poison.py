"""Records that nobody can fold, on a real Kafka and a real MongoDB: one subject waits, a city goes on."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
import pytest

from sanfu.runtime.broker import Outgoing
from sanfu.runtime.rules import Actor, Command, Refusal
from sanfu.runtime.service import Service
from tests.integration.runtime.toys import answers, reading
from tests.support import toy
from tests.support.eventually import eventually
from tests.support.toy_service import is_quiet, operator, serving

LARGE = 1024 * 1024 - 600
"""Bytes of a body: with its headers as large as a broker takes a record when nobody told it otherwise."""


def question(subject: str, value: bytes, *without: str) -> Outgoing:
    """A subject's second question, with a body and without headers that it should have."""
    headers = [(name, what) for name, what in toy.asked(subject, 2, 2).headers if name not in without]
    return Outgoing(toy.STORY, subject, value, headers)


POISON = {
    "bad-json": question("bad-json", b'{"value": '),
    "broken-body": question("broken-body", b'{"value": "two"}'),
    "not-utf-8": question("not-utf-8", b'{"value": "\xff"}'),
    "one-megabyte": question("one-megabyte", b"[" * LARGE),
    "no-time": question("no-time", b'{"value": 2}', "ce_time"),
    "rules-raise": toy.asked("rules-raise", 2, 2, poison=True),
}
STRAYS = [
    Outgoing(toy.STORY, "stray", b'{"value": 1}', []),
    Outgoing(toy.STORY, "stray", b'{"value": 2}', [("ce_id", None)]),  # type: ignore[list-item]  # a header may be null
    Outgoing(toy.STORY, "stray", b"[" * LARGE, toy.asked("stray", 1, 1).headers[:3]),
]
"""What does not even say whose story it belongs to."""
STORY = [
    *(toy.asked(subject, 1, 1) for subject in POISON), *POISON.values(),
    *(toy.asked(subject, 3, 3) for subject in POISON), *STRAYS,
    toy.told("other", toy.NOTED, "well", 1, {}), toy.asked("well", 1, 1), toy.asked("well", 2, 2),
]  # fmt: skip


class Cured(toy.ToyCodec):
    """A version that understands what broke the one before."""

    def decode(self, type: str, body: bytes) -> dict[str, Any]:
        with suppress(ValueError):
            return super().decode(type, body)
        return {"value": 2}


async def parked(service: Service) -> Mapping[str, Any]:
    found = await service.documents.read(list(POISON))
    return {subject: document["parked"] for subject, document in found.items() if "parked" in document}


async def test_poison_of_every_kind_parks_its_subject_and_no_other(kafka: str, mongo: str, prefix: str) -> None:
    async with reading(kafka, prefix) as broker, serving(kafka, mongo, prefix) as service, operator(service) as client:
        assert all(await broker.publish(STORY))
        await eventually(lambda: is_quiet(service), within=30)
        assert {subject: mark["seen"] for subject, mark in (await parked(service)).items()} == {
            subject: {"asker": 3} for subject in POISON
        }
        assert sorted(await answers(broker)) == sorted(
            [*((subject, 2) for subject in POISON), ("well", 2), ("well", 4)]
        )
        away = list(dict.fromkeys((record.key, record.value) for record in await broker.read(toy.DEAD)))
        assert {key for key, _ in away} == {*POISON, "stray"}
        assert len(away) == 2 * len(POISON) + len(STRAYS)
        for subject, poison in POISON.items():
            assert [value for key, value in away if key == subject] == [poison.value, orjson.dumps({"value": 3})]
        with pytest.raises(Refusal, match="operator"):
            await service.commands.do("bad-json", Command("add", {"value": 7}, Actor("a", "b"), "k"))
        assert (await service.commands.do("well", Command("add", {"value": 7}, Actor("a", "b"), "k"))).events
        await service.watcher._measure()
        told = (await client.get("/metrics")).text
        assert 'sanfu_records_total{fate="unknown"} 1.0' in told
        assert f"sanfu_parked_subjects {len(POISON)}.0" in told
        assert f'sanfu_dead_letters_total{{why="parked"}} {2 * len(POISON)}.0' in told
        assert f'sanfu_dead_letters_total{{why="unreadable"}} {len(STRAYS)}.0' in told
        listed = (await client.get("/ops/dlq")).json()["items"]
        assert sorted({item["subject"] for item in listed}) == sorted([*POISON, "stray"])
        refused = await client.post("/ops/dlq/bad-json/replay")
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:sanfu:problem:still-broken")
        assert len(await parked(service)) == len(POISON), "nothing is changed by a replay before the cure"


async def test_after_the_cure_a_replay_folds_what_was_parked_in_its_old_order_and_once(
    kafka: str, mongo: str, prefix: str
) -> None:
    async with reading(kafka, prefix) as broker:
        async with serving(kafka, mongo, prefix) as service:
            await broker.publish(STORY)
            await eventually(lambda: is_quiet(service), within=30)
        cured = serving(kafka, mongo, prefix, rules=toy.ToyRules(cured=True), codec=Cured())
        async with cured as service, operator(service) as client:
            for subject in POISON:
                skip = {"skip": "asker:no-time:2"} if subject == "no-time" else {}
                for replayed in (2, 0):
                    answer = await client.post(f"/ops/dlq/{subject}/replay", params=skip)
                    assert answer.json() == {"subject": subject, "replayed": replayed, "parked": False}
            await broker.publish([toy.asked(subject, 4, 4) for subject in POISON])
            await eventually(lambda: is_quiet(service), within=30)
            documents = await service.documents.read(list(POISON))
            for subject, document in documents.items():
                passed = subject == "no-time"
                want = [2, 6, 8] if passed else [2, 4, 6, 8]
                assert document["answers"] == want, subject
                assert [value for key, value in await answers(broker) if key == subject] == want
                assert document["seen"] == {"asker": 4}
