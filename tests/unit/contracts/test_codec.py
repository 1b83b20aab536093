"""Bodies to bytes and back."""

import json
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.codec import BadBody
from sanfu.contracts.envelope import MAX_BODY
from sanfu.contracts.registry import codec

from .examples import example

SUBMITTED = example(names.ISSUE_SUBMITTED).body


def written(**changes: Any) -> dict[str, Any]:
    return json.loads(codec.encode(names.ISSUE_SUBMITTED, {**SUBMITTED, **changes}))  # type: ignore[no-any-return]


def test_a_field_of_a_later_version_is_dropped_by_a_reader() -> None:
    body = json.dumps({**SUBMITTED, "mood": "angry", "place": {**SUBMITTED["place"], "floor": 3}}).encode()
    decoded = codec.decode(names.ISSUE_SUBMITTED, body)
    assert {name: decoded[name] for name in SUBMITTED} == SUBMITTED
    assert "mood" not in decoded


def test_a_field_that_the_type_does_not_have_is_refused_by_a_writer() -> None:
    with pytest.raises(BadBody, match=r"sanfu\.issue\.submitted\.v1: mood: Extra inputs"):
        written(mood="angry")
    with pytest.raises(BadBody, match=r"place\.floor: Extra inputs"):
        written(place={"floor": 3})


def test_what_is_left_out_gets_its_default_on_both_sides() -> None:
    short = {key: value for key, value in SUBMITTED.items() if key not in ("flags", "place", "filer")}
    body = json.dumps(short).encode()
    for data in (
        codec.decode(names.ISSUE_SUBMITTED, body),
        json.loads(codec.encode(names.ISSUE_SUBMITTED, short)),
    ):
        assert data["flags"] == []
        assert data["filer"] is None
        nowhere = dict.fromkeys(("town", "address", "lon", "lat", "town_by", "town_in_text"))
        assert data["place"] == {**nowhere, "may_be_home": False}


def test_two_bodies_share_no_default() -> None:
    short = json.dumps({key: value for key, value in SUBMITTED.items() if key != "flags"}).encode()
    codec.decode(names.ISSUE_SUBMITTED, short)["flags"].append("media")
    assert codec.decode(names.ISSUE_SUBMITTED, short)["flags"] == []


@pytest.mark.parametrize("secrecy", ["confidential", "sealed"])
def test_a_secret_text_cannot_be_published(secrecy: str) -> None:
    with pytest.raises(BadBody, match=f"text of a {secrecy} issue must not be published"):
        written(secrecy=secrecy)
    assert written(secrecy=secrecy, text=None)["text"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": None}, "title"),
        ({"title": "长" * 301}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"secrecy": "public"}, "secrecy"),
        ({"contact": 0}, "contact"),
        ({"contact": "some"}, "contact"),
        ({"unit": "Tax Office"}, "unit"),
        ({"place": {"lon": "120.1"}}, "place.lon"),
        ({"place": {"lat": 91}}, "place.lat"),
        ({"place": {"lat": float("nan")}}, "place.lat"),
        ({"may_name_me": 1}, "may_name_me"),
        ({"answers": {"a.b": 1}}, "answers.a.b"),
        ({"answers": {"a": {"b": 1}}}, "answers.a"),
        ({"answers": {"a": float("inf")}}, "answers.a"),
        ({"reported_at": "2026-02-30T00:00:00.000Z"}, "reported_at"),
        ({"reported_at": "2026-02-20T00:00:00Z"}, "reported_at"),
        ({"reported_at": "2026-02-20T08:00:00.000+08:00"}, "reported_at"),
        ({"attachments": [{**SUBMITTED["attachments"][0], "sha256": "0"}]}, "attachments.0.sha256"),
    ],
)
def test_a_body_that_its_type_does_not_allow_is_refused_by_both_and_the_field_named(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadBody) as raised:
        written(**changes)
    assert field in str(raised.value)
    with pytest.raises(BadBody) as raised:
        codec.decode(names.ISSUE_SUBMITTED, json.dumps({**SUBMITTED, **changes}).encode())
    assert field in str(raised.value) or "Invalid JSON" in str(raised.value)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"{}", b"[" * 100_000, b'{"title": "\\ud800"}'])
def test_what_is_no_body_at_all_is_refused(body: bytes) -> None:
    with pytest.raises(BadBody, match=r"^sanfu\.issue\.submitted\.v1: "):
        codec.decode(names.ISSUE_SUBMITTED, body)


def test_an_error_does_not_quote_what_was_in_the_body() -> None:
    with pytest.raises(BadBody) as raised:
        written(urgency="13800000001")
    assert "138" not in str(raised.value)


def test_a_body_that_is_too_large_is_refused_both_ways() -> None:
    fields = [{"unit": "tax", "part": "copy"}] * 20_000
    assigned = {**example(names.ISSUE_ASSIGNED).body, "also": fields}
    with pytest.raises(BadBody, match=f"at most {MAX_BODY}"):
        codec.encode(names.ISSUE_ASSIGNED, assigned)
    with pytest.raises(BadBody, match=f"at most {MAX_BODY}"):
        codec.decode(names.ISSUE_ASSIGNED, json.dumps(assigned).encode())


def test_a_type_that_nobody_declared_is_not_known() -> None:
    assert codec.knows(names.ISSUE_SUBMITTED)
    assert not codec.knows("sanfu.issue.submitted.v2")


@pytest.mark.parametrize(
    ("type", "changes", "wrong"),
    [
        (names.ISSUE_HANDLED, {"outcome": "planned"}, "outcome planned needs planned_for"),
        (names.ISSUE_HANDLED, {"outcome": "explained"}, "outcome explained needs legal_ground"),
        (names.ISSUE_HANDLED, {"reply": ""}, "reply: "),
        (names.ISSUE_WITHDRAWN, {"by": {"id": "u-1", "role": "officer", "unit": "tax"}}, "only the party withdraws"),
        (names.ISSUE_FOLLOWED_UP, {"satisfied": 6}, "satisfied: "),
        (names.ISSUE_REOPENED, {"round": 1}, "round: "),
        (names.LIGHT_CHANGED, {"late_by": -1}, "late_by: "),
    ],
)
def test_what_cannot_be_is_refused(type: str, changes: dict[str, Any], wrong: str) -> None:
    with pytest.raises(BadBody, match=wrong):
        codec.encode(type, {**example(type).body, **changes})


def test_both_kinds_of_directory_record_are_read() -> None:
    user = {
        "what": "user",
        "code": "u-zhz-017",
        "version": 2,
        "name": "某某",
        "unit": "urban-management",
        "roles": ["officer"],
        "as_of": "2026-03-01T00:00:00.000Z",
    }
    data = codec.decode(names.DIRECTORY_RECORD, codec.encode(names.DIRECTORY_RECORD, user))
    assert (data["name"], data["active"], data["reach"]["sms"]) == ("某某", True, None)
    assert codec.decode(names.DIRECTORY_RECORD, example(names.DIRECTORY_RECORD).value)["kind"] == "department"
