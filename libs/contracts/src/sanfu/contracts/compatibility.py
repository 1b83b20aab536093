"""Whether the contracts only grew since they were last released: `python -m sanfu.contracts.compatibility [--release]`.

`released.json` holds every schema as it was then: who reads or sends by it must not have to change. A field that was
taken away, a field that is needed now, a type that takes less than it did are each named in a line. `--release` notes
the schemas as they are now: done with a release, and for nothing else.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sanfu.contracts.registry import EVENTS
from sanfu.contracts.replies import replies
from sanfu.contracts.schemas import schema

RELEASED = Path(__file__).with_name("released.json")
Schema = Mapping[str, Any]
NO_LESS = ("maxLength", "maximum", "maxItems", "exclusiveMaximum", "maxProperties")
NO_MORE = ("minLength", "minimum", "minItems", "exclusiveMinimum", "minProperties")
SAME = ("pattern", "format")


def current() -> dict[str, Schema]:
    """Return the schemas of all events and replies, by type, without what only people read."""
    return {event.type: _bare(schema(event)) for event in EVENTS} | {
        type: _bare(one) for type, one in replies().items()
    }


def _bare(part: Any) -> Any:
    if isinstance(part, dict):
        prose = {"description", "title", "examples", "$id", "$schema", "x-zh", "x-en"}
        named = {"properties", "$defs"}
        return {
            key: {name: _bare(one) for name, one in value.items()} if key in named else _bare(value)
            for key, value in part.items()
            if key not in prose
        }
    return [_bare(each) for each in part] if isinstance(part, list) else part


def broken(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> list[str]:
    """Say in a line each what somebody who goes by the old schemas would trip over."""
    wrong = [f"{type}: is gone; keep it, and add another beside it" for type in sorted(old.keys() - new.keys())]
    for type in sorted(old.keys() & new.keys()):
        wrong += [
            f"{type}: {where}: {what}"
            for where, what in _faults(old[type], new[type], "$", Wholes(old[type], new[type]))
        ]
    return list(dict.fromkeys(wrong))


Fault = tuple[str, str]


class Wholes(NamedTuple):
    """The two schemas that parts are looked up in."""

    old: Schema
    new: Schema


DEEPEST = 12


def _faults(old: Schema, new: Schema, at: str, whole: Wholes, depth: int = 0) -> Iterator[Fault]:
    old, new = _resolved(old, whole.old), _resolved(new, whole.new)
    if depth > DEEPEST:  # a schema that holds itself was compared by then
        return
    before, after = _branches(old), _branches(new)
    if len(before) > 1 or len(after) > 1:
        for one in before:
            found = [[*_faults(one, other, at, whole, depth + 1)] for other in after]
            if all(found):
                yield at, f"no longer takes {_shown(_resolved(one, whole.old))}"
        return
    yield from _narrowed(old, new, at)
    properties, others = old.get("properties", {}), new.get("properties", {})
    for name, field in properties.items():
        if name not in others:
            yield f"{at}.{name}", "this field is gone; keep it"
        else:
            yield from _faults(field, others[name], f"{at}.{name}", whole, depth + 1)
    for name in sorted({*new.get("required", ())} - {*old.get("required", ())}):
        yield f"{at}.{name}", "this field is needed now; give it a default"
    for inner in ("items", "additionalProperties"):
        if isinstance(old.get(inner), dict) and isinstance(new.get(inner), dict):
            yield from _faults(old[inner], new[inner], f"{at}[]", whole, depth + 1)


def _narrowed(old: Schema, new: Schema, at: str) -> Iterator[Fault]:
    kinds, others = _kinds(old), _kinds(new)
    if others and not (kinds and kinds <= others | ({"integer"} if "number" in others else set())):
        yield at, f"was {_or(kinds) or 'anything'}, takes only {_or(others)} now"
    values, still = _values(old), _values(new)
    if still is not None and (values is None or not values <= still):
        gone = sorted((values or set()) - still)
        yield at, f"no longer takes {', '.join(gone)}" if gone else f"takes only {', '.join(sorted(still))} now"
    for name in (*NO_LESS, *NO_MORE):
        was, now = old.get(name), new.get(name)
        if now is not None and (was is None or (now < was if name in NO_LESS else now > was)):
            yield at, f"{name} was {'not there' if was is None else was}, is {now}"
    for name in SAME:
        if new.get(name) is not None and new.get(name) != old.get(name):
            yield at, f"{name} was {old.get(name) or 'not there'}, is {new[name]}"
    if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
        yield at, "refuses fields that it does not know"


def _resolved(part: Schema, whole: Schema) -> Schema:
    while "$ref" in part:
        part = {
            **whole.get("$defs", {})[part["$ref"].rpartition("/")[2]],
            **{k: v for k, v in part.items() if k != "$ref"},
        }
    return part


def _branches(part: Schema) -> list[Schema]:
    return [*part.get("anyOf", part.get("oneOf", [part]))]


def _kinds(part: Schema) -> set[str]:
    kind = part.get("type", [])
    return {kind} if isinstance(kind, str) else {*kind}


def _values(part: Schema) -> set[str] | None:
    """The only values that are taken, as JSON; None: any."""
    values = [part["const"]] if "const" in part else part.get("enum")
    return None if values is None else {json.dumps(value, ensure_ascii=False) for value in values}


def _or(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))


def _shown(part: Schema) -> str:
    return _or(_kinds(part)) or json.dumps(part, ensure_ascii=False)[:80]


def main(arguments: list[str]) -> int:
    if "--release" in arguments:
        lines = (f"{json.dumps(type)}: {json.dumps(one, sort_keys=True)}" for type, one in sorted(current().items()))
        RELEASED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        return 0
    wrong = broken(json.loads(RELEASED.read_text(encoding="utf-8")), current())
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
