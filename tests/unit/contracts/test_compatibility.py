"""The contracts only grow: what was released stays true for who reads and sends by it."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.compatibility import RELEASED, broken, current, main

NOW = current()
TYPE = names.ISSUE_HANDLED
Change = Callable[[dict[str, Any]], Any]


def changed(change: Change, type: str = TYPE) -> list[str]:
    """Say what would be wrong if a schema were changed so."""
    other: dict[str, Any] = copy.deepcopy(dict(NOW))
    change(other[type])
    return broken(NOW, other)


def test_what_was_released_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().err
    assert json.loads(RELEASED.read_text(encoding="utf-8")).keys() <= NOW.keys()


def test_the_same_is_no_change_and_one_more_type_is_none_either() -> None:
    assert broken(NOW, NOW) == []
    assert broken({TYPE: NOW[TYPE]}, NOW) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda one: one["properties"].pop("reply"), "$.reply: this field is gone; keep it"),
        (lambda one: one["required"].append("internal"), "$.internal: this field is needed now; give it a default"),
        (lambda one: one["properties"]["reply"].update(maxLength=10), "$.reply: maxLength was 20000, is 10"),
        (lambda one: one["properties"]["reply"].update(minLength=3), "$.reply: minLength was 1, is 3"),
        (lambda one: one["properties"]["reply"].update(type="integer"), "$.reply: was string, takes only integer now"),
        (lambda one: one["properties"]["reply"].update(pattern="^a"), "$.reply: pattern was not there, is ^a"),
        (lambda one: one["properties"]["outcome"]["enum"].remove("solved"), '$.outcome: no longer takes "solved"'),
        (lambda one: one["properties"]["internal"]["anyOf"].pop(), "$.internal: no longer takes null"),
        (lambda one: one["$defs"]["Attachment"]["properties"].pop("sha256"), "$.evidence[].sha256: this field is gone"),
        (lambda one: one.update(additionalProperties=False), "$: refuses fields that it does not know"),
    ],
)
def test_what_somebody_would_trip_over_is_named_in_a_line(change: Change, line: str) -> None:
    found = changed(change)
    assert any(one.startswith(f"{TYPE}: {line}") for one in found), found


ANSWERS = "answers"
"""A field of a submitted issue whose own fields are told by a pattern of their names."""


def answers(one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = one["properties"][ANSWERS]
    return found


def pattern(one: dict[str, Any]) -> dict[str, Any]:
    (found,) = answers(one)["patternProperties"].values()
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            lambda one: answers(one).update(additionalProperties={"type": "string", "maxLength": 3}),
            "$.answers[]: was anything, takes only string now",
        ),
        (
            lambda one: answers(one).update(propertyNames={"maxLength": 3}),
            "$.answers (names): maxLength was not there, is 3",
        ),
        (lambda one: answers(one).update(uniqueItems=True), "$.answers: uniqueItems is new"),
        (lambda one: answers(one).update(allOf=[{"required": ["a"]}]), "$.answers: allOf is new"),
        (lambda one: answers(one).update(dependentRequired={"a": ["b"]}), "$.answers: dependentRequired is new"),
        (lambda one: answers(one)["patternProperties"].update({"^x": False}), "$.answers[^x]: takes nothing any more"),
        (lambda one: pattern(one)["anyOf"].pop(), "$.answers[^"),
        (lambda one: pattern(one).update(maxLength=1), "$.answers[^"),
        (lambda one: one["properties"]["language"].update(anyOf=[{"const": "zh"}]), "$.language: no longer takes"),
        (lambda one: one["properties"].update(language=False), "$.language: takes nothing any more"),
    ],
)
def test_what_holds_for_fields_by_their_pattern_or_for_all_others_is_compared_too(change: Change, line: str) -> None:
    found = changed(change, names.ISSUE_SUBMITTED)
    assert any(one.startswith(f"{names.ISSUE_SUBMITTED}: {line}") for one in found), found


def test_a_type_that_is_gone_is_named() -> None:
    without = {type: one for type, one in NOW.items() if type != TYPE}
    assert broken(NOW, without) == [f"{TYPE}: is gone; keep it, and add another beside it"]


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one["properties"].update(more={"type": "string"}),
        lambda one: one["properties"]["outcome"]["enum"].append("another"),
        lambda one: one["properties"]["reply"].update(maxLength=30_000),
        lambda one: one["required"].remove("reply"),
        lambda one: one["properties"].update(reply={"anyOf": [one["properties"]["reply"], {"type": "null"}]}),
        lambda one: one.update(description="Another word for it"),
        lambda one: one.update(additionalProperties=True, deprecated=True, uniqueItems=False),
        lambda one: one["properties"].update(reply=True),
    ],
)
def test_what_only_grows_is_fine(change: Change) -> None:
    assert changed(change) == []


def test_a_reply_is_held_to_it_too() -> None:
    found = changed(lambda one: one["required"].append("summary"), names.reply_type("contact"))
    assert found == ["sanfu.reply.contact.v1: $.summary: this field is needed now; give it a default"]
