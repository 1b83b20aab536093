"""What a look reads and tells: issues as their documents stand, and suspicions as commands to the later ones."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sanfu.router.domain import suspecting
from sanfu.router.domain.rules import RouterRules
from sanfu.router.domain.sketches import Sketch
from sanfu.router.domain.suspecting import Pair
from sanfu.runtime.fold import Done
from sanfu.runtime.machine import Machine
from sanfu.runtime.rules import Actor, Command
from sanfu.runtime.store import Document

ACTOR = Actor("router", "system")


def rules_of(machine: Machine) -> RouterRules:
    """The rules that are in force now."""
    rules = machine.rules
    assert isinstance(rules, RouterRules)  # noqa: S101 (nobody else sets them)
    return rules


async def read(machine: Machine, ids: Iterable[str]) -> dict[str, Document]:
    """Read documents, but for those that are put aside. Raises StoreDown."""
    found: Mapping[str, Document] = await machine.documents.read(list(ids))
    return {id: document for id, document in found.items() if "parked" not in document}


async def sketched(machine: Machine, ids: Iterable[str]) -> dict[str, Sketch]:
    """Draw those issues that take part, as their documents stand. Raises StoreDown."""
    documents = await read(machine, ids)
    return await asyncio.to_thread(_drawn, rules_of(machine), documents)


async def tell(machine: Machine, pairs: Sequence[Pair]) -> int:
    """Tell what is suspected, each pair once however often it is told; return how many were told. Raises StoreDown
    with the outcome unknown: the same may be told again."""
    locale = rules_of(machine).pack.locales[0]
    commands: dict[str, list[Command]] = defaultdict(list)
    for pair in pairs:
        found = suspecting.found(pair.alike, locale)
        commands[pair.last].append(Command(suspecting.SUSPECT, found, ACTOR, f"alike:{pair.alike.other.id}"))
    results, outboxes = await machine.order(commands)
    await machine.publisher.publish(outboxes)
    return sum(len(done.events) for each in results.values() for done in each if isinstance(done, Done))


def _drawn(rules: RouterRules, documents: Mapping[str, Document]) -> dict[str, Sketch]:
    draw = rules.draughtsman.draw
    found = {id: draw(id, document) for id, document in documents.items()}
    return {id: sketch for id, sketch in found.items() if sketch is not None}
