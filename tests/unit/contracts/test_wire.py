"""The envelope on the wire, held against the official SDK."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from sanfu.contracts.envelope import Event, truncated
from sanfu.contracts.wire import SOURCE, BadEnvelope, from_headers, peek, to_headers

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
moments = st.datetimes(timezones=st.just(UTC)).map(truncated)
events = st.builds(
    Event,
    id=text,
    type=text,
    source=st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True),
    subject=text,
    sequence=st.integers(1, 10**18 - 1),
    time=moments,
    data=st.dictionaries(text, text, max_size=2),
    causation=st.none() | text,
    traceparent=st.none() | text,
)
EVENT = Event(
    "router:i-1:3",
    "sanfu.issue.assigned.v1",
    "router",
    "i-1",
    3,
    datetime(2026, 3, 2, 1, 12, 41, 352000, UTC),
    {"unit": "tax"},
    "intake:i-1:1",
)


def changed(**headers: bytes | None) -> list[tuple[str, bytes]]:
    """Give EVENT's headers with some of them replaced, or, with None, left out."""
    found: dict[str, bytes | None] = {
        **dict(to_headers(EVENT)),
        **{k.replace("__", "-"): v for k, v in headers.items()},
    }
    return [(name, value) for name, value in found.items() if value is not None]


@given(events)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert from_headers(to_headers(event), event.data) == event


@given(events)
def test_the_official_sdk_reads_what_we_write(event: Event) -> None:
    headers = {name: value for name, value in to_headers(event) if name != "traceparent"}
    theirs = from_binary(KafkaMessage(headers, None, json.dumps(event.data).encode()), JSONFormat(), CloudEvent)
    attributes = theirs.get_attributes()
    assert attributes.pop("time") == event.time
    assert attributes.pop("causationid", None) == event.causation
    assert attributes == {
        "specversion": "1.0",
        "datacontenttype": "application/json",
        "id": event.id,
        "type": event.type,
        "source": SOURCE + event.source,
        "subject": event.subject,
        "sequence": str(event.sequence),
    }
    assert theirs.get_data() == event.data


@given(events)
def test_we_read_what_the_official_sdk_writes(event: Event) -> None:
    attributes = {
        "id": event.id,
        "type": event.type,
        "source": SOURCE + event.source,
        "subject": event.subject,
        "sequence": str(event.sequence),
        "time": event.time,
        "datacontenttype": "application/json",
    }
    if event.causation is not None:
        attributes["causationid"] = event.causation
    message = to_binary(CloudEvent(attributes, dict(event.data)), JSONFormat())
    traced = [("traceparent", event.traceparent.encode())] if event.traceparent else []
    assert from_headers([*message.headers.items(), *traced], json.loads(message.value)) == event


@given(st.dictionaries(text, st.binary(max_size=30), max_size=8))
def test_no_headers_whatever_bring_another_error(strange: dict[str, bytes]) -> None:
    for headers in (strange, {**dict(to_headers(EVENT)), **strange}):
        try:
            peek(headers.items())
        except BadEnvelope as error:
            assert error.header in str(error)


@given(st.sampled_from([name for name, _ in to_headers(EVENT)]), st.binary(max_size=30))
def test_a_spoilt_header_is_read_or_blamed(name: str, value: bytes) -> None:
    try:
        peek({**dict(to_headers(EVENT)), name: value}.items())
    except BadEnvelope as error:
        assert error.header == name


@pytest.mark.parametrize(
    "name", ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_sequence", "ce_time"]
)
def test_a_missing_header_is_named(name: str) -> None:
    with pytest.raises(BadEnvelope, match=f"^{name} is missing$"):
        peek(changed(**{name: None}))


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("ce_specversion", b"0.3", "must be 1.0"),
        ("ce_id", b"", "must not be empty"),
        ("ce_subject", b"\xff\xfe", "must be UTF-8"),
        ("ce_source", b"/other/router", "must be /sanfu/<service>"),
        ("ce_source", b"/sanfu/", "must be /sanfu/<service>"),
        ("ce_source", b"/sanfu/a\0b", "must be /sanfu/<service>"),
        ("ce_source", b"/sanfu/" + b"x" * 41, "must be /sanfu/<service>"),
        ("ce_subject", b"x" * 256, "must have at most 255 bytes"),
        ("ce_sequence", b"0", "must be a number from 1, of at most 18 digits"),
        ("ce_sequence", b"-1", "must be a number from 1, of at most 18 digits"),
        ("ce_sequence", b" 1", "must be a number from 1, of at most 18 digits"),
        ("ce_sequence", b"9" * 19, "must be a number from 1, of at most 18 digits"),
        ("ce_time", b"yesterday", "must be an RFC 3339 instant"),
        ("ce_time", b"2026-03-02T01:12:41", "must be an RFC 3339 instant"),
        ("ce_time", b"0001-01-01T00:00:00+14:00", "must be an RFC 3339 instant"),
        ("content__type", b"text/plain", "must be application/json"),
    ],
)
def test_a_wrong_header_is_named(name: str, value: bytes, wrong: str) -> None:
    with pytest.raises(BadEnvelope) as raised:
        peek(changed(**{name: value}))
    assert str(raised.value) == f"{name.replace('__', '-')} {wrong}"


def test_a_bad_envelope_still_says_whose_story_it_belongs_to() -> None:
    with pytest.raises(BadEnvelope) as raised:
        peek(changed(ce_time=b"yesterday"))
    assert (raised.value.source, raised.value.subject, raised.value.sequence) == ("router", "i-1", 3)


def test_a_bad_envelope_without_a_readable_subject_says_nothing_of_it() -> None:
    with pytest.raises(BadEnvelope) as raised:
        peek(changed(ce_subject=b"\xff", ce_sequence=None))
    assert (raised.value.subject, raised.value.sequence) == (None, None)


def test_an_instant_of_another_zone_and_finer_than_a_millisecond_is_brought_to_ours() -> None:
    heads = peek(changed(ce_time=b"2026-03-02T09:12:41.352999+08:00"))
    assert heads.time == EVENT.time
    assert heads.time.utcoffset() == timedelta(0)


def test_an_instant_of_another_zone_is_written_in_ours() -> None:
    local = EVENT.time.astimezone(timezone(timedelta(hours=8)))
    headers = dict(to_headers(Event("a:b:1", "t", "a", "b", 1, local, {})))
    assert headers["ce_time"] == b"2026-03-02T01:12:41.352Z"


def test_further_headers_pass_through() -> None:
    heads = peek(to_headers(EVENT, {"ce_unitsequence": "4", "x-note": "市"}))
    assert heads.more == {"ce_unitsequence": "4", "x-note": "市"}
    assert heads.event(EVENT.data) == EVENT


def test_a_header_that_is_not_ours_may_hold_anything() -> None:
    assert peek([*to_headers(EVENT), ("x-trace", b"\xff")]).more == {"x-trace": "�"}


def test_an_envelope_without_a_content_type_is_taken_for_json() -> None:
    assert from_headers(changed(content__type=None), EVENT.data) == EVENT
