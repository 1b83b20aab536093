"""Providers that operators put aside: on record, so that it holds for every process of notify and outlives each."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from sanfu.notify.handlers.carrier import Carrier, Line, PutAside
from sanfu.notify.ports import Document, Shelf
from sanfu.runtime.again import again
from sanfu.runtime.rules import Refusal

log = structlog.get_logger()

EVERY = 2.0
"""Seconds until the other processes have heard of it."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Puts providers aside and takes them back. `now` is real time."""

    shelf: Shelf
    carriers: Mapping[str, Carrier | None]
    now: Callable[[], datetime]
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)
    """What was read before somebody wrote is not heard after it."""

    async def run(self) -> None:
        await again(self.look, EVERY, "providers_aside_not_read")

    async def look(self) -> None:
        """Learn what is on record. May raise StoreDown: what was known holds on."""
        there = [(medium, carrier, line) for medium, carrier in self._there() for line in carrier.lines]
        async with self._one:
            known = await self.shelf.get([_id(medium, line) for medium, _, line in there])
            for medium, carrier, line in there:
                _heard(carrier, line, _read(known.get(_id(medium, line))), carrier.now())

    async def put(self, medium: str, provider: str, because: str) -> bool:
        """Give it nothing more, until it is taken back; False: that was so before. What is under way to it goes on.
        Raises Refusal 404."""
        carrier, line = self.line(medium, provider)
        async with self._one:
            if line.aside is not None:
                return False
            aside = PutAside(because, self.now())
            await self.shelf.put([{**self._record(medium, line), "because": because, "since": aside.since}])
            log.warning("provider_put_aside", medium=medium, provider=provider)
            _heard(carrier, line, aside, carrier.now())
            return True

    async def back(self, medium: str, provider: str) -> bool:
        """Give it messages again, little by little; False: it was not put aside. Raises Refusal 404."""
        carrier, line = self.line(medium, provider)
        async with self._one:
            if line.aside is None:
                return False
            await self.shelf.put([self._record(medium, line)])
            log.warning("provider_taken_back", medium=medium, provider=provider)
            _heard(carrier, line, None, carrier.now())
            return True

    def line(self, medium: str, provider: str) -> tuple[Carrier, Line]:
        """Find a provider. Raises Refusal 404 that names those there are."""
        there = {(of, line.name): (carrier, line) for of, carrier in self._there() for line in carrier.lines}
        if (medium, provider) in there:
            return there[medium, provider]
        names = ", ".join("/".join(key) for key in there)
        raise Refusal(404, "no-such-provider", f"There is no provider {provider} of {medium}; there are {names}.")

    def _there(self) -> list[tuple[str, Carrier]]:
        return [(medium, carrier) for medium, carrier in self.carriers.items() if carrier]

    def _record(self, medium: str, line: Line) -> Document:
        return {"_id": _id(medium, line), "version": int(self.now().timestamp() * 1000)}


def _id(medium: str, line: Line) -> str:
    return f"{medium}/{line.name}"


def _read(document: Document | None) -> PutAside | None:
    return PutAside(document["because"], document["since"]) if document and "because" in document else None


def _heard(carrier: Carrier, line: Line, aside: PutAside | None, now: float) -> None:
    """Note it. Who was put aside is taken up again by two messages: nobody knows how that one does by now. By one alone
    it would count as down, and call somebody where nothing is to be sent."""
    if line.aside is not None and aside is None:
        line.probe(now, most=2)
    line.aside = aside
    carrier.note(line)
