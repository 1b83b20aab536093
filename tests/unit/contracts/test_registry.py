"""What the registry promises, walked type by type and topic by topic."""

import ast
import json
import re
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from sanfu.contracts import envelope, names, registry
from sanfu.contracts.generate import drift, main
from sanfu.contracts.registry import BY_TYPE, EVENTS, SERVICES, TOPICS, EventType, codec
from sanfu.contracts.schemas import schema
from sanfu.contracts.wire import peek

from .examples import FOLDER, example

TYPE = re.compile(r"sanfu\.(issue|order|meeting|task|list|affair|contact|directory)\.[a-z]+(-[a-z]+)*\.v[1-9]")
CONSTANTS = {name: value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
TYPES = {name: value for name, value in CONSTANTS.items() if TYPE.fullmatch(value)}
FOR_ITSELF = {names.AFFAIR_HUSHED}
"""What a service tells for its own later rebuild: no other keeps anything that would change by it."""
PERSONAL = re.compile(r"name|phone|e_?mail|mobile|id_number|birth|gender")

each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)


def test_every_constant_is_a_topic_or_a_type() -> None:
    assert set(CONSTANTS) - set(TYPES) == {"ISSUES", "AFFAIRS", "CONTACTS", "DIRECTORY"}


def test_every_type_has_one_model_and_every_model_one_type() -> None:
    assert sorted(TYPES.values()) == sorted(event.type for event in EVENTS)
    assert len(set(TYPES.values())) == len(TYPES)
    assert len({event.model for event in EVENTS}) == len({event.model.__name__ for event in EVENTS}) == len(EVENTS)


@each_event
def test_a_constant_is_named_like_its_model(event: EventType) -> None:
    words = re.findall(r"[A-Z][a-z]*", event.model.__name__)
    assert TYPES["_".join(words).upper()] == event.type


@each_event
def test_an_example_decodes_for_ever(event: EventType) -> None:
    golden = example(event.type)
    heads = peek(golden.headers)
    assert heads.type == event.type
    assert heads.source in event.writers
    assert heads.id == envelope.event_id(heads.source, heads.subject, heads.sequence)
    assert codec.decode(event.type, golden.value).items() >= golden.body.items()


@each_event
def test_a_body_survives_encoding_and_decoding(event: EventType) -> None:
    once = codec.decode(event.type, example(event.type).value)
    body = codec.encode(event.type, once)
    assert codec.decode(event.type, body) == json.loads(body) == once
    assert event.model.model_validate_json(body).model_dump() == once


@each_event
def test_an_example_fits_its_schema(event: EventType) -> None:
    made = schema(event)
    Draft202012Validator.check_schema(made)
    Draft202012Validator(made).validate(example(event.type).body)


@each_event
def test_every_field_says_what_it_means(event: EventType) -> None:
    made = schema(event)
    for part in [made, *made.get("$defs", {}).values()]:
        for name, field in part.get("properties", {}).items():
            assert field.get("description"), f"{event.type}: {name} has no description"


@each_event
def test_no_body_but_a_record_of_people_has_room_for_personal_data(event: EventType) -> None:
    if event.type in (names.CONTACT_RECORD, names.DIRECTORY_RECORD):
        return
    made = schema(event)
    for part in [made, *made.get("$defs", {}).values()]:
        suspect = [n for n in part.get("properties", {}) if PERSONAL.search(n)]
        assert not set(suspect) - {"named_to_unit", "may_name_me"}


def test_there_is_no_example_without_a_type() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(BY_TYPE)


def test_nothing_generated_has_drifted(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_drift_is_seen(tmp_path: Path) -> None:
    assert drift(tmp_path) == [f"{tmp_path / 'events.md'}: is missing"]
    (tmp_path / "events.md").write_text("old")
    assert drift(tmp_path) == [f"{tmp_path / 'events.md'}: is not what the models say"]


@each_event
def test_writers_and_readers_may_use_the_topic(event: EventType) -> None:
    for topic in map(registry.topic, event.topics):
        assert set(event.writers) <= set(topic.writers)
    assert set(event.readers) <= set(registry.topic(event.topic).readers)
    assert event.readers or event.type in FOR_ITSELF
    assert set(event.writers) | set(event.readers) <= set(SERVICES)


def test_a_topic_is_found_by_its_own_name_and_by_that_of_its_family() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    for topic in TOPICS:
        assert registry.topic(topic.name) is topic
    assert registry.topic(names.unit_topic("fotang-safety")).kept_days == 30
    assert registry.topic(names.replies_topic("tax")).writers == ("unit",)
    assert registry.topic(names.refused_replies_topic("tax")).writers == ("desk",)
    assert registry.topic(names.refused_replies_topic("tax")).readers == ("unit",)
    assert registry.topic(names.dead_letter_topic("desk")).readers == ("operators",)
    with pytest.raises(KeyError):
        registry.topic("sanfu.nothing.v1")


def test_only_people_and_units_are_compacted_and_only_units_topics_forget() -> None:
    assert {t.name for t in TOPICS if t.cleanup == "compact"} == {names.CONTACTS, names.DIRECTORY}
    assert {t.name for t in TOPICS if t.kept_days is not None} == {
        names.unit_topic("{code}"),
        names.replies_topic("{code}"),
        names.refused_replies_topic("{code}"),
    }
    assert registry.topic(names.ISSUES).config()["retention.ms"] == "-1"


def test_every_topic_takes_the_largest_body() -> None:
    assert all(int(topic.config()["max.message.bytes"]) > envelope.MAX_BODY for topic in TOPICS)


def test_a_dead_letter_topic_takes_whatever_another_took_and_the_reason_besides() -> None:
    largest = max(int(topic.config()["max.message.bytes"]) for topic in TOPICS if not topic.is_for_dead_letters)
    for topic in TOPICS:
        if topic.is_for_dead_letters:
            takes = int(topic.config()["max.message.bytes"])
            assert takes >= max(largest, registry.LARGEST_BY_DEFAULT) + registry.RECORD_ROOM // 2


def test_what_a_service_reads_and_writes_can_be_asked() -> None:
    assert names.ISSUE_SUBMITTED in registry.read_by("router")
    assert registry.written_by("router") == {names.ISSUE_ASSIGNED, names.REVIEW_REQUESTED, names.DUPLICATE_SUSPECTED}
    assert not registry.read_by("nobody")


def test_events_made_by_people_say_by_whom() -> None:
    for event in EVENTS:
        if event.writers == ("desk",) and event.topic in (names.ISSUES, names.AFFAIRS):
            assert event.model.model_fields["by"].is_required(), event.type


def test_every_affair_says_what_it_concerns() -> None:
    for event in EVENTS:
        if event.topic == names.AFFAIRS:
            assert "concerns" in event.model.model_fields, event.type


@pytest.mark.parametrize("module", [names, envelope])
def test_what_a_domain_may_import_needs_the_standard_library_only(module: object) -> None:
    source = Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found = [node.module or ""]
        else:
            continue
        assert all(name.partition(".")[0] in sys.stdlib_module_names for name in found), found


def test_every_body_ignores_what_it_does_not_know() -> None:
    def parts(model: type[BaseModel]) -> set[str | None]:
        return {kind.model_config.get("extra") for kind in model.__mro__ if issubclass(kind, BaseModel)}

    for event in EVENTS:
        if event.type != names.DIRECTORY_RECORD:
            assert "ignore" in parts(event.model), event.type
