"""What `sanfu city diff` prints: what a new pack would do, in the city's own codes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from sanfu.city.model.pack import Pack
from sanfu.city.model.policy import Policy
from sanfu.city.succession import orphaned, to_come

NEW, GONE, CHANGED = "+", "-", "~"
_PARTS: Final = ("units", "staff", "towns", "channels", "categories", "rules", "templates", "notices",
                 "urgency_words", "secrecy_words", "forms")  # fmt: skip
_POLICY: Final = ("clocks", "windows", "pauses", "orders", "errands", "unit_service", "overrides")
_NAMING: Final = ("id", "locale", "event")
_CUT: Final = 60
"""Characters of a value that a line shows."""


class Difference(NamedTuple):
    """One thing that is new (`+`), gone (`-`) or another (`~`); `how`: which of its fields, from what to what."""

    mark: str
    part: str
    key: str
    how: tuple[str, ...] = ()


def differences(before: Pack, after: Pack) -> list[Difference]:
    """Return all that differs between two packs, part by part, in the new pack's order."""
    found = [
        *_single(
            before,
            after,
            "",
            (
                *(*_PARTS, "version", "policy", "themes", "indicators", "reports", "columns", "entry_columns"),
                *("cell_words", "atlas"),
            ),
        )
    ]
    for part in _PARTS:
        found += _keyed(part, _by_key(getattr(before, part)), _by_key(getattr(after, part)))
    was, now = before.atlas, after.atlas
    found += [*_keyed("areas", was.areas, now.areas), *_keyed("places", was.listed, now.listed)]
    if was.exact_to != now.exact_to:
        found.append(Difference(CHANGED, "areas", "exact_to", (f"{was.exact_to} → {now.exact_to}",)))
    found += _single(before.policy, after.policy, "policy", _POLICY)
    for part in _POLICY:
        found += _keyed(f"policy.{part}", _by_key(getattr(before.policy, part)), _by_key(getattr(after.policy, part)))
    return found


def diff_report(before: Pack, after: Pack, today: date) -> tuple[bool, list[str]]:
    """Compare two packs: (desk would take the new one, lines to print)."""
    found = differences(before, after)
    if not found:
        return True, [f"no difference ({after.version})"]
    wide = max(len(one.part) for one in found), max(len(one.key) for one in found)
    lines = [f"{before.version} → {after.version}", ""]
    for one in found:
        head = f"{one.mark} {one.part:<{wide[0]}}  {one.key:<{wide[1]}}"
        told = one.how or ("",)
        lines += [f"{head}  {told[0]}".rstrip(), *(f"{'':<{len(head)}}  {more}" for more in told[1:])]
    follows = [*_follows(before, after, today, found)]
    lost = [
        *orphaned(before.units, after.units, today),
        *(f"category {code}" for code in orphaned(before.categories, after.categories, today)),
        *(f"post {code}" for code in orphaned(before.staff, after.staff, today)),
    ]
    refused = [f"refused while it has open issues: {one} has no successor → give it `succeeded_by`" for one in lost]
    return not lost, [*lines, *([""] if follows or refused else []), *follows, *refused]


def _follows(before: Pack, after: Pack, today: date, found: Sequence[Difference]) -> Iterator[str]:
    """Say what the differences bring about."""
    for code, heir, when in to_come(before.units, after.units, today):
        yield f"{when} the open issues of {code} pass over to {heir}, limits kept"
    for code, heir, when in to_come(before.categories, after.categories, today):
        yield f"{when} the open issues of category {code} are of {heir}, units and limits kept"
    for code, heir, when in to_come(before.staff, after.staff, today):
        yield f"{when} {heir} goes on with what is addressed to post {code}, and holds what that held"
    if any(one.part.startswith("policy.") for one in found):
        yield "limits that are set already stay: ./sanfu sla replan --dry-run shows what would change"
    if any(one.part in ("rules", "areas", "places") for one in found):
        yield "routing changes for what comes from then on"


def _single(before: Any, after: Any, part: str, but: Sequence[str]) -> Iterator[Difference]:
    for field in fields(Policy if part else Pack):
        was, now = getattr(before, field.name), getattr(after, field.name)
        if field.name not in but and was != now:
            yield Difference(CHANGED, part or "pack", field.name, (f"{_short(was)} → {_short(now)}",))


def _keyed(part: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for key, now in after.items():
        if key not in before:
            yield Difference(NEW, part, key)
        elif before[key] != now:
            yield Difference(CHANGED, part, key, tuple(_fields(before[key], now)))
    yield from (Difference(GONE, part, key) for key in before if key not in after)


def _fields(was: Any, now: Any) -> Iterator[str]:
    if not is_dataclass(now) or type(was) is not type(now):
        yield f"{_short(was)} → {_short(now)}"
        return
    for field in fields(now):
        old, new = getattr(was, field.name), getattr(now, field.name)
        if old != new:
            yield f"{field.name}: {_short(old)} → {_short(new)}"


def _by_key(part: Any) -> dict[str, Any]:
    """Name each entry of a part: mappings have keys, rules and templates ids."""
    if isinstance(part, Mapping):
        return {str(key): value for key, value in part.items()}
    return {" ".join(str(getattr(one, name)) for name in _NAMING if hasattr(one, name)): one for one in part}


def _short(value: Any) -> str:
    told = "–" if value is None else str(value)
    return told if len(told) <= _CUT else f"{told[:_CUT]}…"
