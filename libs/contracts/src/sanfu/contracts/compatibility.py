"""Whether the contracts only grew since they were last released: `python -m sanfu.contracts.compatibility [--release]`.

`released.json` holds every schema as it was then: who reads or sends by it must not have to change. A field that was
taken away, a field that is needed now, a type that takes less than it did are each named in a line. So is a keyword of
JSON Schema that this module can't weigh, where it is new or another than it was. `--release` notes the schemas as they
are now: done with a release, and for nothing else.
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
EITHER = ("anyOf", "oneOf")
WEIGHED = {
    *NO_LESS, *NO_MORE, *SAME, *EITHER, "type", "enum", "const", "properties", "required", "items",
    "additionalProperties", "patternProperties", "propertyNames", "$ref", "$defs",
}  # fmt: skip
"""Keywords that are compared by what they mean."""
PROSE = {"description", "title", "examples", "$id", "$schema", "x-zh", "x-en"}
REMARKS = {*PROSE, "default", "deprecated", "readOnly", "writeOnly", "discriminator", "$comment"}
"""Keywords that refuse nothing."""
NOTHING: Mapping[str, Any] = {"not": {}}
"""The schema `false`."""


def current() -> dict[str, Schema]:
    """Return the schemas of all events and replies, by type, without what only people read."""
    return {event.type: _bare(schema(event)) for event in EVENTS} | {
        type: _bare(one) for type, one in replies().items()
    }


def _bare(part: Any) -> Any:
    if isinstance(part, dict):
        named = {"properties", "patternProperties", "$defs"}
        return {
            key: {name: _bare(one) for name, one in value.items()} if key in named else _bare(value)
            for key, value in part.items()
            if key not in PROSE
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
    if not new or old == NOTHING or depth > DEEPEST:  # a schema that holds itself was compared by then
        return
    if any(name in part for part in (old, new) for name in EITHER):
        after = _branches(new)
        for one in _branches(old):
            found = [[*_faults(one, other, at, whole, depth + 1)] for other in after]
            if all(found):
                yield at, f"no longer takes {_shown(_resolved(one, whole.old))}"
        return
    yield from _narrowed(old, new, at)
    for name in sorted({*new.get("required", ())} - {*old.get("required", ())}):
        yield f"{at}.{name}", "this field is needed now; give it a default"
    for where, inner, other in _inside(old, new, at):
        yield from _faults(inner, other, where, whole, depth + 1)


def _inside(old: Schema, new: Schema, at: str) -> Iterator[tuple[str, Schema, Schema]]:
    """Give what the two say of their parts, pair by pair; where one of them says nothing, it takes anything."""
    others = new.get("properties", {})
    for name, field in old.get("properties", {}).items():
        if name in others:
            yield f"{at}.{name}", _whole(field), _whole(others[name])
    yield f"{at}[]", _whole(old.get("items")), _whole(new.get("items"))
    rest, other = _whole(old.get("additionalProperties")), _whole(new.get("additionalProperties"))
    if other != NOTHING:  # what refuses all others is named where the fields are
        yield f"{at}[]", rest, other
    before, after = old.get("patternProperties", {}), new.get("patternProperties", {})
    for pattern in sorted({*before, *after}):
        yield f"{at}[{pattern}]", _whole(before.get(pattern), rest), _whole(after.get(pattern), other)
    was, now = _whole(old.get("propertyNames")), _whole(new.get("propertyNames"))
    yield f"{at} (names)", {"type": "string", **was}, now


def _whole(part: Schema | bool | None, missing: Schema | None = None) -> Schema:
    """Write out a schema that is short: `true`, `false`, or not there."""
    if part is None:
        return missing or {}
    return part if isinstance(part, Mapping) else {} if part else NOTHING


def _narrowed(old: Schema, new: Schema, at: str) -> Iterator[Fault]:
    if new == NOTHING:
        yield at, "takes nothing any more"
        return
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
    for name in sorted(old.get("properties", {}).keys() - new.get("properties", {}).keys()):
        yield f"{at}.{name}", "this field is gone; keep it"
    for name in sorted(new.keys() - WEIGHED - REMARKS):
        if new[name] != old.get(name) and (name, new[name]) != ("uniqueItems", False) and not name.startswith("x-"):
            yield at, f"{name} is new or another than it was: whether it refuses more can't be told; do without it"


def _resolved(part: Schema, whole: Schema) -> Schema:
    while "$ref" in part:
        part = {
            **whole.get("$defs", {})[part["$ref"].rpartition("/")[2]],
            **{k: v for k, v in part.items() if k != "$ref"},
        }
    return part


def _branches(part: Schema) -> list[Schema]:
    """Give what a part may be, each with what is said of all of them."""
    name = next((name for name in EITHER if name in part), None)
    common = {key: value for key, value in part.items() if key != name}
    return [part] if name is None else [{**common, **_whole(one)} for one in part[name]]


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
