"""With which settings a stack runs; which of those given now it does not know; and whether a program would start again.

A stack's programs have the environment of whoever brought it up: the supervisor's own, which the kernel shows.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from sanfu.stack import services, state
from sanfu.stack.places import Places
from sanfu.stack.plan import Plan
from sanfu.stack.providers import sound
from sanfu.stack.stack import Stack

OWN = frozenset({"SANFU_ROOT", "SANFU_NOTIFY_URL", "SANFU_PREFIX", "SANFU_HOST", "SANFU_ORDINAL"})
"""Read by the command line, or said to every service by the stack itself whatever the environment says."""
PROVIDERS = "SANFU_PROVIDERS_FILE"


def settings_of(stack: Stack) -> dict[str, str] | None:
    """Return the settings in the environment that a stack was brought up with; None: it is not up, or the system does
    not show them (it has no /proc)."""
    pid = state.owner(stack.places.lock)
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes() if pid else None
    except OSError:
        return None
    if raw is None:
        return None
    pairs = (one.partition("=") for one in raw.decode("utf-8", "surrogateescape").split("\0"))
    return {name: value for name, _, value in pairs if name.startswith("SANFU_")}


def ignored(
    stack: Stack, *, only: tuple[str, ...], base: int | None, city: Path | None, broker: Mapping[str, str]
) -> list[str]:
    """Name what is given now, by option or environment, and is not how this stack runs. No value of the environment is
    told: it may be a secret."""
    plan = stack.plan
    named = os.environ.get("SANFU_CITY")
    city = city or (Path(named) if named else None)
    options = {
        f"--only {','.join(only)}": bool(only) and set(only) != set(plan.only),
        f"--port-base {base}": base is not None and _ports(plan, base) != _ports(plan, plan.base),
        f"city pack {city}": city is not None and city.resolve() != plan.city.resolve(),
        **{f"--broker {key}={value}": plan.broker.get(key) != value for key, value in broker.items()},
    }
    return [*(name for name, differs in options.items() if differs), *_variables(plan, settings_of(stack))]


def _variables(plan: Plan, known: Mapping[str, str] | None) -> Iterator[str]:
    said = services.environment(plan)
    for name, value in sorted(os.environ.items()):
        if not name.startswith("SANFU_") or name in OWN or name == "SANFU_CITY":
            continue
        if name in said:
            if value != said[name]:
                yield name
        elif known is not None and known.get(name) != value:
            yield name


def _ports(plan: Plan, base: int | None) -> int:
    return Places(plan.root, plan.name, base).port("kafka")


def check_settings(stack: Stack, program: str) -> None:
    """Look at what a program would start with, before it is stopped. Raises PartError that says what is wrong."""
    known = {**(settings_of(stack) or {}), **stack.plan.environment}
    if program != "notify" or not known.get(PROVIDERS):
        return
    file = Path(f"/proc/{state.owner(stack.places.lock)}/cwd").resolve() / known[PROVIDERS]
    if file.is_file() and file.read_bytes().strip():
        sound(file)
