"""Somebody who writes a word of their own wherever a command takes one, and knows them all again."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from inspect import isclass
from typing import Any, get_args

from sanfu.contracts import names
from sanfu.contracts.registry import SERVICES
from sanfu.desk.entrypoints.commands import affairs
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.runtime.bodies import Body
from sanfu.runtime.links import Link, Links
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.texts import Text
from tests.support.assembling import KEYS
from tests.support.city import City
from tests.support.people import Issue, Person, token

IDS = {"head", "issue", "issues", "add", "drop", "id", "sha256", "media_type"}
"""Fields of a body that are lines by their type and hold an id."""
Bodies = Mapping[str, type[Body]]
OF_AFFAIRS: Bodies = {
    **dict(affairs.MAKING.values()),
    **{name: body for each in affairs.BODIES.values() for name, body in each.items()},
}


def places(model: type[Body]) -> list[str]:
    """Name the fields of a command's body in which people write."""
    return [name for name, each in model.model_fields.items() if name not in IDS and _is_text(each)]


def _is_text(given: Any) -> bool:
    marks = (*given.metadata, *(mark for one in _inside(given.annotation) for mark in one))
    return any(isinstance(mark, Text) or "Text._check" in repr(mark) for mark in marks)


def _inside(annotation: Any) -> Iterator[tuple[Any, ...]]:
    yield getattr(annotation, "__metadata__", ())
    for inner in getattr(annotation, "__args__", ()):
        yield from _inside(inner)


def writing(bodies: Bodies) -> set[str]:
    """Name the commands in which people write, in a part of their body as well."""
    return {name for name, model in bodies.items() if any(places(each) for each in (model, *_parts(model)))}


def _parts(model: type[Body]) -> Iterator[type[Body]]:
    for each in model.model_fields.values():
        for inner in get_args(each.annotation):
            if isclass(inner) and issubclass(inner, Body):
                yield inner


@dataclass(slots=True)
class Scribe:
    """Fills every text of a command with a word that stands nowhere else. `sign` is in all of them."""

    city: City
    sign: str
    rest: str = "不可外传之语"
    words: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def word(self) -> str:
        self.words.append(f"{self.sign}{len(self.words):03}{self.rest}")
        return self.words[-1]

    def filled(self, name: str, model: type[Body], said: Mapping[str, Any]) -> dict[str, Any]:
        self.used.add(name)
        return {**{place: self.word() for place in places(model) if place not in said}, **said}

    async def order(self, person: Person, issue: Issue, command: str, **said: Any) -> None:
        await person.order(issue, command, self.filled(command, BODIES[command], said))

    async def make(self, person: Person, path: str, command: str, **said: Any) -> dict[str, Any]:
        return await person.make(path, self.filled(command, OF_AFFAIRS[command], said))

    async def says(self, path: str, command: str, **said: str) -> None:
        """Say something as the party, on its own page."""
        form = {"key": f"k{next(self.city.numbers)}", **self.filled(command, BODIES[command], {"issue": "", **said})}
        answer = await self.city.client("desk").post(f"{path}/{command}", data=form)
        assert answer.status_code == 303, f"{command}: {answer.text}"
        await self.city.quiet()


def page_of(city: City, issue: Issue) -> str:
    """The party's own page."""
    return "/my/" + Links.of(KEYS).token(Link(issue.receipt, "t", city.clock.now() + timedelta(days=60)))


async def documents(city: City, *services: str) -> str:
    """All that these services keep, in every collection; of all of them, if none is named."""
    found = []
    for name in services or SERVICES:
        kept = city.parts(name).documents
        assert isinstance(kept, MemoryDocuments)
        affairs = kept.beside("affairs")
        assert isinstance(affairs, MemoryDocuments)
        found.append(str([kept.documents, affairs.documents, kept.others]))
    return "\n".join(found)


async def told(city: City) -> str:
    """All that anybody who listens is told: every topic, every message, logs and metrics."""
    more = await city.texts([names.AFFAIRS, names.CONTACTS, names.DIRECTORY])
    return "\n".join([await city.everything(), *more])


async def shown(city: City, issues: list[Issue], people: list[Person], sign: str) -> str:
    """All that is shown without a purpose: cases, histories, lists, search, exports, the board, what the party sees."""
    found = []
    for person in people:
        paths = ["cases", "cases?state=closed", f"search?words={sign}", "counts", "orders", "meetings", "tasks"]
        paths += [f"cases/{issue.id}{more}" for issue in issues for more in ("", "/history")]
        for path in (*paths, "exports/cases.csv", "exports/cases.xlsx", "exports/cases.csv?state=closed"):
            found.append(await _read(person, f"/v1/{path}"))
        found.append(await _board(person))
    for issue in issues:
        found.append(str(await city.receipt(issue)))
        found.append((await city.client("desk").get(page_of(city, issue))).text)
    return "\n".join(found)


async def _board(person: Person) -> str:
    """Log in, and look at the board."""
    client = person.city.client("desk")
    entered = await client.post("/login", data={"token": token(person.id)})
    assert entered.status_code == 303, entered.text
    seen = await client.get("/board")
    client.cookies.clear()
    assert seen.status_code == 200
    return seen.text


async def _read(person: Person, path: str) -> str:
    answer = await person.get(path)
    assert answer.status_code in (200, 303, 403, 404), f"{path}: {answer.text}"
    if answer.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())
    return answer.text
