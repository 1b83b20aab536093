"""Who may do what on the broker: the least that each needs, from the registry of topics.

One principal for each service (`sanfu-intake`), for each unit's systems (`unit-<code>`), for operators, and for what
creates topics. The broker must have an authorizer for it to mean anything.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sanfu.contracts import registry

UNIT = "unit-{code}"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A right of one principal. `prefixed`: on everything whose name begins so."""

    principal: str
    resource: str
    name: str
    operations: tuple[str, ...]
    prefixed: bool = False

    def row(self) -> str:
        name = self.name + "*" * self.prefixed
        return f"{self.principal:<18} {self.resource:<6} {name:<32} {', '.join(self.operations)}"

    def arguments(self, prefix: str) -> list[str]:
        """Return the arguments of kafka-acls.sh that give it, for a deployment with this prefix."""
        operations = [word for operation in self.operations for word in ("--operation", operation)]
        kind = ["--resource-pattern-type", "prefixed"] * self.prefixed
        name = prefix + self.name.removeprefix("sanfu") if self.name.startswith("sanfu.") else self.name
        return ["--add", "--allow-principal", f"User:{self.principal}", *operations, f"--{self.resource}", name, *kind]

    def command(self, prefix: str) -> str:
        return " ".join(["kafka-acls.sh", *self.arguments(prefix)])


def grants() -> list[Grant]:
    """Return all rights. What holds for every unit has `{code}` in its place."""
    found = [grant for topic in registry.TOPICS for grant in _of(topic)]
    for service in registry.SERVICES:
        # Its groups: the story's is named like the service, those of its other topics begin with that and a dot.
        found.append(Grant(f"sanfu-{service}", "group", f"sanfu.{service}", ("Read",)))
        found.append(Grant(f"sanfu-{service}", "group", f"sanfu.{service}.", ("Read",), prefixed=True))
    found.append(Grant("sanfu-topics", "topic", "sanfu.", ("Create", "Describe", "DescribeConfigs"), prefixed=True))
    found.append(Grant(UNIT, "group", "unit.{code}.", ("Read",), prefixed=True))
    return sorted(set(found))


def _of(topic: registry.Topic) -> Iterator[Grant]:
    if "{service}" in topic.name:  # each its own; it reads what it gave up when an operator has it folded again
        for service in topic.writers:
            name = topic.name.format(service=service)
            yield Grant(f"sanfu-{service}", "topic", name, ("Read", "Write", "Describe"))
            yield from (Grant(_principal(reader), "topic", name, ("Read", "Describe")) for reader in topic.readers)
        return
    for party in {*topic.writers, *topic.readers}:
        does = ["Read"] * (party in topic.readers) + ["Write"] * (party in topic.writers)
        yield _on(topic, _principal(party), (*does, "Describe"))


def _on(topic: registry.Topic, principal: str, operations: tuple[str, ...]) -> Grant:
    """A unit's right is on its own topic; a service's on the whole family, whose names it learns from the pack: but on
    each by name where the family's beginning is another's, too, in which it must not write."""
    before, family, _ = topic.name.partition("{code}")
    if family and principal != UNIT and not topic.is_for_dead_letters:
        return Grant(principal, "topic", before, operations, prefixed=True)
    return Grant(principal, "topic", topic.name, operations)


def _principal(party: str) -> str:
    return UNIT if party == "unit" else f"sanfu-{party}"


def of_units(codes: Iterable[str]) -> list[Grant]:
    """Return all rights, those of units, and on their own topics by name, once for each of these."""
    every = [grant for grant in grants() if "{code}" in grant.principal + grant.name]
    return [grant for grant in grants() if grant not in every] + [
        replace(grant, principal=grant.principal.format(code=code), name=grant.name.format(code=code))
        for code in codes
        for grant in every
    ]


def table() -> str:
    return "".join(f"{grant.row().rstrip()}\n" for grant in grants())
