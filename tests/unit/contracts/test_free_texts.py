"""Where people write: every string of every event is either free text or says what it is."""

from collections.abc import Iterator
from inspect import isclass
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from sanfu.contracts import names
from sanfu.contracts.events import words
from sanfu.contracts.free import free_texts
from sanfu.contracts.free_texts import FREE_TEXTS
from sanfu.contracts.registry import BY_TYPE, EVENTS, EventType

STORY = [event for event in EVENTS if event.topic in {names.ISSUES, names.AFFAIRS}]
NO_WORDS = {
    "external_id", "media_type", "id", "language", "delivery", "seal", "event", "where", "ticket", "period", "command",
    "problem", "allowed", "field", "expected", "party_code", "decision", "sha256", "answers", "parts", "limits", "what",
}  # fmt: skip
"""Fields whose strings no person writes in words of their own; a channel's answers are intake's to withhold, and of
what is confidential an errand has the pack's steps."""
NEUTRAL = {(names.SECRECY_CHANGED, "title"), (names.REPLY_REFUSED, "reason")}
"""The pack's own line for what is confidential, and what Sanfu says of a reply."""


def strings(annotation: Any, path: str = "") -> Iterator[str]:
    """Give the place of every string that has no pattern of its own."""
    origin = get_origin(annotation)
    if annotation is str:
        yield path
    elif origin is Literal:
        return
    elif origin is Annotated:
        patterned = "pattern" in str(get_args(annotation)[1:])
        known = annotation in (words.Subject, words.EventId, words.Pack)
        yield from () if patterned or known else strings(get_args(annotation)[0], path)
    elif isclass(annotation) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if "pattern" not in str(field.metadata):
                yield from strings(field.annotation, f"{path}.{name}".lstrip("."))
    else:
        more = "[]" if origin is list else ""
        for inner in get_args(annotation):
            yield from strings(inner, path + more)


@pytest.mark.parametrize("event", STORY, ids=lambda event: event.type)
def test_no_string_of_an_event_is_forgotten(event: EventType) -> None:
    free = free_texts(event.model)
    for place in strings(event.model):
        name = place.rpartition(".")[2].removesuffix("[]")
        known = name in NO_WORDS or (event.type, place) in NEUTRAL or _is_id(event.model, place)
        assert place in free or known, f"{place}: is it free text (Line, Text) or not (Term, Code …)?"


def _is_id(model: type[BaseModel], place: str) -> bool:
    """Whether the field is an id: those are annotated where they stand, so that the model keeps no trace of them."""
    field: Any = None
    for name in place.replace("[]", "").split("."):
        field = model.model_fields.get(name)
        inner = [one for one in (field.annotation, *get_args(field.annotation)) if isclass(one)]
        model = next((one for one in inner if issubclass(one, BaseModel)), model)
    marks = str(field.metadata)
    return words.Free not in field.metadata and ("min_length" in marks.lower() or "MinLen" in marks)


def test_what_people_write_is_known_for_each_type_and_where_nothing_may_stand() -> None:
    handled = FREE_TEXTS[names.ISSUE_HANDLED]
    assert dict(handled) == {"reply": False, "internal": True, "legal_ground": True}
    held = FREE_TEXTS[names.MEETING_HELD]
    assert {"title", "decisions[].text", "decisions[].plan.cause", "decisions[].plan.plan[].text"} == set(held)
    assert "reason" not in FREE_TEXTS[names.ISSUE_REFUSED], "a code of the pack"
    assert set(FREE_TEXTS) <= set(BY_TYPE)
