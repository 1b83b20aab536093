"""Readers of a pack's files: every value comes with its place, every mistake becomes a problem and a harmless value."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import yaml

from sanfu.city.problems import Findings, Place, nearest
from sanfu.city.when import Value

T = TypeVar("T")
Choice = TypeVar("Choice", bound=str)


class Record(ABC):
    """Something with keys: a row of a table or a mapping of a document.

    Readers return an empty value where a required one is missing, and note a problem; so a pack is read to its end.
    """

    def __init__(self, place: Place, findings: Findings) -> None:
        self.place, self.findings = place, findings

    @abstractmethod
    def raw(self, key: str) -> Sequence[str]:
        """The key's values as written, without blanks; empty where it is missing or empty."""

    @abstractmethod
    def at(self, key: str) -> Place: ...

    def wrong(self, key: str, message: str, cure: str, *, fatal: bool = True) -> None:
        self.findings.add(self.at(key), message, cure, fatal=fatal)

    def text(self, key: str, default: str | None = None) -> str:
        """The one value of a key; without a default it must be there."""
        values = self.raw(key)
        if len(values) > 1:
            self.wrong(key, "is a list", "write one value")
        if not values and default is None:
            self.wrong(key, "is missing", f"add {key}")
        return values[0] if values else default or ""

    def parsed(self, key: str, parse: Callable[[str], T], default: T) -> T:
        """The value as `parse` reads it; the default where it is absent or wrong."""
        value = self.text(key, "")
        if not value:
            return default
        try:
            return parse(value)
        except ValueError as error:
            self.wrong(key, f"{value!r} can't be read", str(error))
            return default

    def choice(self, key: str, allowed: Sequence[Choice], default: Choice | None = None) -> Choice:
        """One of the allowed words."""
        value = self.text(key, default)
        for word in allowed:
            if word == value:
                return word
        if value:
            self.wrong(key, f"{value!r} is not known here", nearest(value, allowed))
        return allowed[0]

    def known(self, key: str, codes: Iterable[str], what: str, *, required: bool = False) -> tuple[str, ...]:
        """The key's values, each of which must be one of the codes."""
        allowed = codes if isinstance(codes, set | frozenset | dict) else list(codes)
        values = tuple(self.raw(key))
        if required and not values:
            self.wrong(key, "is missing", f"add {key}")
        for value in values:
            if value not in allowed:
                self.wrong(key, f"there is no {what} {value!r}", nearest(value, allowed))
        return values

    def one_known(self, key: str, codes: Iterable[str], what: str, *, required: bool = False) -> str | None:
        """The key's one value, which must be one of the codes; None where there is none."""
        values = self.known(key, codes, what, required=required)
        if len(values) > 1:
            self.wrong(key, "is a list", "write one value")
        return values[0] if values else None


class Row(Record):
    """A row of a CSV file; lists are separated by `|`."""

    def __init__(self, cells: dict[str, str], place: Place, findings: Findings) -> None:
        super().__init__(place, findings)
        self.cells = cells

    def raw(self, key: str) -> Sequence[str]:
        return [part.strip() for part in self.cells.get(key, "").split("|") if part.strip()]

    def at(self, key: str) -> Place:
        return self.place.at(key)


def rows(file: str, content: str, columns: Sequence[str], findings: Findings) -> list[Row]:
    """Read a table whose head has at least these columns."""
    reader = csv.reader(io.StringIO(content, newline=None), strict=True)
    found: list[Row] = []
    try:
        head = next(reader, [])
        missing = [column for column in columns if column not in head]
        for column in missing:
            findings.broken(Place(file, 1, column), "the column is missing", f"add the column {column}")
        start = reader.line_num + 1
        for cells in reader:
            place = Place(file, start)
            start = reader.line_num + 1
            if not any(cells):
                continue
            if len(cells) != len(head):
                findings.add(place, f"has {len(cells)} cells", f"write {len(head)} cells, as in the head")
            else:
                found.append(Row(dict(zip(head, cells, strict=True)), place, findings))
    except csv.Error as error:
        findings.broken(Place(file, reader.line_num), f"is not CSV: {error}", "quote cells that hold commas or quotes")
        return []
    return [] if missing else found


class Section(Record):
    """A mapping in a YAML file. `done` complains of keys that nobody asked for."""

    def __init__(self, node: yaml.Node | None, place: Place, findings: Findings) -> None:
        super().__init__(place, findings)
        self.nodes: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        self.asked: set[str] = set()
        if isinstance(node, yaml.MappingNode):
            self._take(node)
        elif node is not None and not _empty(node):
            findings.add(place, "is not a mapping", "write key: value lines")

    def _take(self, node: yaml.MappingNode) -> None:
        for key, value in node.value:
            name = str(key.value)
            twice = name in self.nodes
            self.nodes[name] = (key, value)
            if twice:
                self.wrong(name, "is there twice", "keep one of them")

    def at(self, key: str) -> Place:
        inner = self.place.at(key)
        line = self.nodes[key][0].start_mark.line + 1 if key in self.nodes else inner.line
        return Place(inner.file, line, inner.key)

    def has(self, key: str) -> bool:
        return self._node(key) is not None

    def _node(self, key: str) -> yaml.Node | None:
        self.asked.add(key)
        node = self.nodes[key][1] if key in self.nodes else None
        return None if node is None or _empty(node) else node

    def raw(self, key: str) -> Sequence[str]:
        node = self._node(key)
        match node:
            case None:
                return []
            case yaml.ScalarNode():
                return [str(node.value).strip()]
            case yaml.SequenceNode() if all(isinstance(item, yaml.ScalarNode) for item in node.value):
                return [str(item.value).strip() for item in node.value]
        self.wrong(key, "is neither a value nor a list of values", "write plain values here")
        return []

    def section(self, key: str) -> "Section":
        """The mapping under a key; an empty one where it is missing."""
        return Section(self._node(key), self.at(key), self.findings)

    def sections(self, key: str) -> list["Section"]:
        """The list of mappings under a key, each at its own line; a plain word stands for `{event: word}`."""
        node = self._node(key)
        if node is not None and not isinstance(node, yaml.SequenceNode):
            self.wrong(key, "is not a list", "begin each entry with a dash")
            return []
        items = node.value if node is not None else []
        return [
            Section(_spelled_out(item), self._item(key, item, number), self.findings)
            for number, item in enumerate(items, 1)
        ]

    def _item(self, key: str, item: yaml.Node, number: int) -> Place:
        inner = self.place.at(f"{key}[{number}]")
        return Place(inner.file, item.start_mark.line + 1, inner.key)

    def named(self) -> list[tuple[str, "Section"]]:
        """Each key with the mapping under it."""
        return [(key, self.section(key)) for key in self.nodes]

    @property
    def names(self) -> list[str]:
        return list(self.nodes)

    def conditions(self) -> dict[str, tuple[Value, ...]]:
        """Each key with its values; a bare number, true or false is one, anything else a text."""
        found: dict[str, tuple[Value, ...]] = {}
        for key in self.nodes:
            written, node = self.raw(key), self._node(key)
            scalars = node.value if isinstance(node, yaml.SequenceNode) else [node]
            found[key] = tuple(_value(scalar, text) for scalar, text in zip(scalars, written, strict=False))
            if not written:
                self.wrong(key, "allows no value", "list at least one")
        return found

    def localised(self, locales: Iterable[str]) -> dict[str, str]:
        """The whole mapping as one text in each of these languages."""
        found = {locale: self.text(locale) for locale in locales}
        self.done()
        return found

    def done(self) -> None:
        for key in self.nodes.keys() - self.asked:
            self.wrong(key, "is not a key that belongs here", nearest(key, sorted(self.asked)))


def _empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value in ("", "~", "null") and not node.style


def _value(node: yaml.Node, text: str) -> Value:
    if node.tag == "tag:yaml.org,2002:bool" and text in ("true", "false"):
        return text == "true"
    return int(text) if node.tag == "tag:yaml.org,2002:int" and text.isdecimal() else text


def _spelled_out(node: yaml.Node) -> yaml.Node:
    if not isinstance(node, yaml.ScalarNode):
        return node
    key = yaml.ScalarNode("tag:yaml.org,2002:str", "event", node.start_mark, node.end_mark)
    return yaml.MappingNode("tag:yaml.org,2002:map", [(key, node)], node.start_mark, node.end_mark)


def document(file: str, content: str, findings: Findings) -> Section:
    """Read a YAML file whose top is a mapping. A file that is no YAML is an empty one with a problem."""
    node = None
    try:
        node = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = getattr(error, "problem", None) or getattr(error, "reason", None) or "can't be parsed"
        line = mark.line + 1 if mark else content[: getattr(error, "position", 0)].count("\n") + 1
        findings.broken(Place(file, line), f"is not YAML: {message}", "mend the line, or quote it")
    except RecursionError:
        findings.broken(Place(file), "is nested too deeply", "write mappings and lists a few levels deep")
    if node is not None and not isinstance(node, yaml.MappingNode) and not _empty(node):
        findings.broken(Place(file, 1), "is not a mapping", "write key: value lines")
    return Section(node, Place(file, 1), findings)
