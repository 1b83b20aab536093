"""No event about a confidential or sealed issue holds a word of what people wrote (domain.md, "Secrecy"). Pure.

People write what they have to: deeds see it, and check it. Before anything is told, `discreet` takes every free text
out of every draft (which those are the contracts say: `FREE_TEXTS`) and puts it, sealed, on a shelf of desk's own, by
the event's id. An issue that becomes confidential loses what desk knows of its words in the same way (`hushed`).
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.contracts.free_texts import FREE_TEXTS
from sanfu.runtime.rules import Draft, Insert, Refusal

SECRET: Final = frozenset({"confidential", "sealed"})
WITHHELD: Final = "[withheld]"
"""Stands where a text was that the issue's secrecy allows nobody to be told."""
SHELF: Final = "sealed_texts"
"""The collection in which the texts rest: for each event `{cases, at, type, by, unit, boxes: [{case, …box}]}`."""

Seal = Callable[[str, Mapping[str, str]], Mapping[str, Any]]
"""Locks the texts of an event about a case, by the place where each stood, into a box."""

_NEVER_EMPTY: Final = frozenset({"legal_ground"})
"""May be nothing by its type, but not where the outcome needs it."""
_FREE_NAMES: Final = frozenset(place.rpartition(".")[2] for places in FREE_TEXTS.values() for place in places)
_RENAMED: Final = frozenset({"assigned_because", "rounds.voided.found", "outcome", "declined", "lifted"})
"""Places where a case or an affair keeps a text that its event calls otherwise."""
_CODES: Final = frozenset({"settled.reason", "refusal.reason", "suspension.reason", "cause", "decisions.task"})
"""Places where a code or an id stands under a name that elsewhere is a text's."""
_STEPS: Final = "errand.steps.what."
"""An errand's steps by language: about what is confidential an agent gives none of their own, but may have before."""
_INDEX: Final = re.compile(r"\[\d+\]")


class Found(NamedTuple):
    """A text that was taken out: where it stood, and the issue it is about, if that part of the event names one."""

    place: str
    text: str
    issue: str | None


def no_keys() -> Refusal:
    return Refusal(409, "no-keys", "This service has no key ring: set SANFU_KEYS_FILE.")


# ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────────


def discreet(
    drafts: Sequence[Draft], case: Mapping[str, Any], id: str, seal: Seal | None, now: datetime
) -> list[Draft | Insert]:
    """Take the free texts out of what is told of a case that is, or becomes, confidential or sealed; seal them.

    Raises Refusal where there is a text and no key ring.
    """
    if case["secrecy"] not in SECRET and not any(map(hides, drafts)):
        return list(drafts)
    told = list[Draft | Insert]()
    for draft in drafts:
        bare, found = _bare(draft)
        if hides(draft) and case["secrecy"] not in SECRET:
            found += written(case)
        told += [bare, *_shelved(bare, found, [id], seal, now)]
    return told


def discreet_about(
    drafts: Sequence[Draft], secret: Collection[str], seal: Seal | None, now: datetime
) -> list[Draft | Insert]:
    """Do the same for what is told of an affair that bears upon these confidential or sealed issues: each issue's texts
    are sealed for it alone, and what is decided about others may be read."""
    told = list[Draft | Insert]()
    for draft in drafts:
        bare, found = _bare(draft, secret) if secret else (draft, [])
        told += [bare, *_shelved(bare, found, sorted(secret), seal, now)]
    return told


def hush_about(
    draft: Draft, state: Mapping[str, Any], issue: str, seal: Seal | None, now: datetime
) -> list[Draft | Insert]:
    """Tell an affair that an issue which it bears upon became confidential, and seal what it holds of that."""
    return [draft, *_shelved(draft, written(state, issue) if seal else [], [issue], seal, now)]


def withheld(drafts: Sequence[Draft], case: Mapping[str, Any]) -> list[Draft]:
    """Take the free texts out of what follows by itself: they stood elsewhere, and nobody wrote them for this."""
    secret = bool(case) and case["secrecy"] in SECRET
    return [_bare(draft)[0] for draft in drafts] if secret else list(drafts)


def hides(draft: Draft) -> bool:
    """Tell whether an issue becomes confidential or sealed by it, if it was not."""
    return draft.type == names.SECRECY_CHANGED and draft.data["secrecy"] in SECRET


def _shelved(
    draft: Draft, found: Sequence[Found], cases: Sequence[str], seal: Seal | None, now: datetime
) -> Iterator[Insert]:
    """Put the texts on the shelf: the document gets the id of the event before it."""
    if not found:
        return
    if seal is None:
        raise no_keys()
    texts = {id: {one.place: one.text for one in found if one.issue in (None, id)} for id in cases}
    boxes = [{"case": id, **seal(id, inside)} for id, inside in texts.items() if inside]
    data, kept = draft.data, {"version": 1, "cases": [box["case"] for box in boxes], "boxes": boxes}
    told = {"at": instant(now), "type": draft.type, "by": dict(data["by"]), "unit": data.get("unit")}
    yield Insert(SHELF, {**kept, **told})


# ── taking texts out ─────────────────────────────────────────────────────────────────────────────────────────────────


def _bare(draft: Draft, secret: Collection[str] | None = None) -> tuple[Draft, list[Found]]:
    """Return a draft without its free texts, and them. `secret`: of parts about one issue only those about these."""
    data, found = draft.data, list[Found]()
    for place, optional in FREE_TEXTS.get(draft.type, {}).items():
        data = _without(data, place.split("."), "", found, optional=optional, secret=secret)
    return Draft(draft.type, data), found


def _without(
    part: Mapping[str, Any], steps: Sequence[str], at: str, found: list[Found], *, optional: bool,
    secret: Collection[str] | None, issue: str | None = None,
) -> Mapping[str, Any]:  # fmt: skip
    name, rest = steps[0].removesuffix("[]"), steps[1:]
    value = part.get(name)
    if not value or value == WITHHELD or not (secret is None or issue is None or issue in secret):
        return part
    if isinstance(value, str):
        found.append(Found(at + name, value, issue))
        return {**part, name: None if optional and name not in _NEVER_EMPTY else WITHHELD}
    more: Any = {"optional": optional, "secret": secret}
    if isinstance(value, list):
        inside = [
            _without(one, rest, f"{at}{name}[{n}].", found, issue=one.get("issue", issue), **more)
            for n, one in enumerate(value)
        ]
        return {**part, name: inside}
    return {**part, name: _without(value, rest, f"{at}{name}.", found, issue=issue, **more)}


# ── what is known already ────────────────────────────────────────────────────────────────────────────────────────────


def written(state: Mapping[str, Any], about: str | None = None) -> list[Found]:
    """Return every free text that a case or an affair holds. `about`: of parts about an issue only those about this."""
    found = list[Found]()
    for name, value in state.items():
        _hush(value, name, name, found, about)
    return found


def hushed(state: Mapping[str, Any], about: str | None = None) -> dict[str, Any]:
    """Return what changes in a case or an affair when its free texts are withheld."""
    after = {name: _hush(value, name, name, [], about) for name, value in state.items()}
    return {name: value for name, value in after.items() if value is not state[name]}


def _hush(value: Any, name: str, place: str, found: list[Found], about: str | None) -> Any:
    """Return a value without its texts; itself, if it holds none."""
    match value:
        case {"issue": str() as issue} if about not in (None, issue):
            return value
        case str() if value not in {"", WITHHELD} and _is_free(name, _INDEX.sub("", place)):
            found.append(Found(place, value, None))
            return WITHHELD
        case dict():
            inside = {key: _hush(each, key, f"{place}.{key}", found, about) for key, each in value.items()}
            return inside if any(inside[key] is not each for key, each in value.items()) else value
        case list():
            listed = [_hush(each, name, f"{place}[{n}]", found, about) for n, each in enumerate(value)]
            return listed if any(one is not each for one, each in zip(listed, value, strict=True)) else value
    return value


def _is_free(name: str, place: str) -> bool:
    renamed = place in _RENAMED or place.startswith(_STEPS)
    return renamed or (name in _FREE_NAMES and place not in _CODES)
