"""The API at its edges: repeats, versions, bad input, lists."""

from datetime import timedelta

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.desk.entrypoints.http import Asked
from tests.support.cases import (
    ADMINISTRATOR,
    LEADER,
    MORNING,
    OFFICE,
    OFFICER,
    OTHER,
    Desk,
    Story,
    assigned,
    deadline,
    light,
    submitted,
)  # fmt: skip


async def led(desk: Desk, subject: str = "i-1") -> Story:
    story = Story(subject)
    await desk.tell(story, ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.ISSUE_ASSIGNED, assigned()))
    return story


async def test_the_same_key_does_a_command_once(desk: Desk) -> None:
    await led(desk)
    first = await desk.order(OFFICER, "i-1", "acknowledge", {}, **{"Idempotency-Key": "one"})
    again = await desk.order(OFFICER, "i-1", "acknowledge", {}, **{"Idempotency-Key": "one"})
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    assert first.json()["version"] == again.json()["version"]
    assert [type for type, _ in desk.published()].count(names.ISSUE_ACKNOWLEDGED) == 1


async def test_the_same_key_with_another_body_is_a_conflict(desk: Desk) -> None:
    await led(desk)
    await desk.order(OFFICER, "i-1", "acknowledge")
    key = {"Idempotency-Key": "one"}
    await desk.order(OFFICER, "i-1", "contact", {"result": "reached"}, **key)
    other = await desk.order(OFFICER, "i-1", "contact", {"result": "failed"}, **key)
    assert (other.status_code, other.json()["type"]) == (409, "urn:sanfu:problem:key-reused")


async def test_the_same_key_of_two_people_is_two_keys(desk: Desk) -> None:
    await led(desk)
    key = {"Idempotency-Key": "one"}
    await desk.order(OFFICER, "i-1", "acknowledge", {}, **key)
    other = await desk.order("urban-management-head", "i-1", "acknowledge", {}, **key)
    assert other.status_code == 409
    assert other.json()["allowed"] == [
        "contact", "return", "offer_mediation", "correct_contact", "ask_assist", "copy", "offer_handover",
        "ask_grade", "raise_urgency", "raise_secrecy",
    ]  # fmt: skip


async def test_a_command_on_an_older_version_is_refused(desk: Desk) -> None:
    story = await led(desk)
    seen = await desk.get(OFFICER, "/v1/cases/i-1")
    await desk.tell(story, ("sla", names.DEADLINE_SET, deadline(MORNING + timedelta(hours=9))))
    stale = await desk.order(OFFICER, "i-1", "acknowledge", {}, **{"If-Match": seen.headers["etag"]})
    assert stale.status_code == 412
    seen = await desk.get(OFFICER, "/v1/cases/i-1")
    fresh = await desk.order(OFFICER, "i-1", "acknowledge", {}, **{"If-Match": seen.headers["etag"]})
    assert fresh.status_code == 200


@pytest.mark.parametrize(
    ("command", "said", "field"),
    [
        ("contact", {}, "$.result"),
        ("contact", {"result": "perhaps"}, "$.result"),
        ("contact", {"result": "reached", "more": 1}, "$.more"),
        ("contact", {"result": "reached", "summary": "a\u0000b"}, "$.summary"),
        ("contact", {"result": "reached", "summary": "a\u202eb"}, "$.summary"),
        ("contact", {"result": "reached", "summary": "x" * 5001}, "$.summary"),
        ("contact", {"result": "reached", "contacted_at": "yesterday"}, "$.contacted_at"),
        ("contact", {"result": "reached", "contacted_at": "2026-05-06T09:00:00"}, "$.contacted_at"),
        ("contact", {"result": "reached", "contacted_at": "2027-01-01T00:00:00Z"}, "$.contacted_at"),
        ("contact", {"result": "reached", "contacted_at": "2026-05-05T00:00:00Z"}, "$.contacted_at"),
        ("contact", {"result": "reached", "contacted_at": "9999-12-31T23:59:59-23:00"}, "$.contacted_at"),
        ("contact", {"result": "reached", "summary": " \u200b\n"}, "$.summary"),
        ("contact", {"result": "reached", "evidence": [{"id": "x"}]}, "$.evidence[0].sha256"),
        ("handle", {"outcome": "planned", "reply": "已列入三月的改造计划。"}, "$.planned_for"),
        ("handle", {"outcome": "explained", "reply": "依规定不予安装，理由如下。"}, "$.legal_ground"),
        ("return", {"ground": "law", "proposed_unit": "nowhere", "text": "x"}, "$.proposed_unit"),
        ("return", {"ground": "law", "proposed_unit": "urban-management", "text": "x"}, "$.proposed_unit"),
    ],
)
async def test_bad_input_names_its_field_and_changes_nothing(
    desk: Desk, command: str, said: dict[str, object], field: str
) -> None:
    await led(desk)
    before = (await desk.order(OFFICER, "i-1", "acknowledge")).json()["version"]
    answer = await desk.order(OFFICER, "i-1", command, said)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field
    assert (await desk.get(OFFICER, "/v1/cases/i-1")).json()["version"] == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer nobodys-token-000000"}, 401),
        ({"Idempotency-Key": ""}, 422),
        ({"Idempotency-Key": "with space"}, 422),
        ({"If-Match": "the last one"}, 422),
    ],
)
async def test_a_command_needs_its_headers(desk: Desk, headers: dict[str, str], status: int) -> None:
    await led(desk)
    answer = await desk.order(OFFICER, "i-1", "acknowledge", {}, **headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        {"state": "sleeping"}, {"light": "green"}, {"limit": 201}, {"limit": 0}, {"cursor": "made-up"},
        {"due_before": "soon"}, {"due_before": "0001-01-01T00:00:00+14:00"}, {"unit": "UPPER"},
        {"sort": "random"}, {"channel": "a b"},
    ],
)  # fmt: skip
async def test_a_list_refuses_what_it_does_not_know(desk: Desk, query: dict[str, object]) -> None:
    answer = await desk.get(OFFICE, "/v1/cases", **query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == f"query.{next(iter(query))}"


async def test_a_list_pages_by_what_is_due_first_or_is_most_urgent(desk: Desk) -> None:
    for number, hours in enumerate((5, 3, 9, 1)):
        story = await led(desk, f"i-{number}")
        limit = MORNING + timedelta(hours=hours)
        await desk.tell(story, ("sla", names.DEADLINE_SET, deadline(limit)))
        if number == 2:
            await desk.tell(story, ("sla", names.LIGHT_CHANGED, light("yellow", limit)))
    due: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await desk.get(OFFICE, "/v1/cases", limit=1, **cursor)).json()
        due += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert due == ["i-3", "i-1", "i-0", "i-2"]
    urgent = (await desk.get(OFFICE, "/v1/cases", sort="urgent")).json()["items"]
    assert [item["id"] for item in urgent] == ["i-2", "i-3", "i-1", "i-0"]
    before = (await desk.get(OFFICE, "/v1/cases", due_before=instant(MORNING + timedelta(hours=5)))).json()["items"]
    assert [item["id"] for item in before] == ["i-3", "i-1"]
    counts = (await desk.get(OFFICE, "/v1/counts")).json()
    assert (counts["open"], counts["by_light"]) == (4, {"red": 0, "yellow": 1, "none": 3})
    assert counts["by_unit"] == {"urban-management": {"open": 4, "red": 0, "yellow": 1, "none": 3}}


def test_of_closed_cases_none_is_urgent_so_they_are_read_by_their_limit() -> None:
    assert Asked(state="closed", sort="urgent").wanted() == Asked(state="closed").wanted()
    assert Asked(sort="urgent").wanted().by == "order"


async def test_who_has_no_part_in_a_case_learns_nothing_of_it(desk: Desk) -> None:
    await led(desk)
    for user in (OTHER, ADMINISTRATOR):
        for path in ("/v1/cases/i-1", "/v1/cases/i-1/contact?purpose=look"):
            hidden, absent = await desk.get(user, path), await desk.get(user, path.replace("i-1", "i-2"))
            assert hidden.status_code == absent.status_code == 404
            assert hidden.json()["detail"] == absent.json()["detail"]
        assert (await desk.get(user, "/v1/cases")).json()["items"] == []
        assert (await desk.get(user, "/v1/counts")).json()["open"] == 0
        assert (await desk.order(user, "i-1", "acknowledge")).status_code == 404


MAY = ["raise_urgency", "raise_secrecy", "instruct"]


async def test_a_leader_reads_raises_and_instructs_and_is_offered_nothing_else(desk: Desk) -> None:
    await led(desk)
    assert (await desk.get(LEADER, "/v1/cases/i-1")).json()["allowed"] == MAY
    answer = await desk.order(LEADER, "i-1", "acknowledge")
    assert (answer.status_code, answer.json()["allowed"]) == (409, MAY)


async def test_lights_and_limits_show_on_the_case_and_stay_on_its_record(desk: Desk) -> None:
    story = await led(desk)
    limit = MORNING + timedelta(hours=4)
    await desk.tell(
        story,
        ("sla", names.DEADLINE_SET, deadline(limit)),
        ("sla", names.LIGHT_CHANGED, light("red", limit)),
        ("sla", names.LIGHT_CHANGED, light("yellow", limit, skipped=True)),
    )
    seen = (await desk.get(OFFICE, "/v1/cases/i-1")).json()
    assert (seen["light"], seen["limit"]) == ("red", instant(limit))
    assert [entry.get("skipped") for entry in seen["history"][-2:]] == [None, True]
    await desk.tell(
        story,
        ("sla", names.DEADLINE_SET, deadline(limit + timedelta(days=1), version=2)),
        ("sla", names.LIGHT_CHANGED, light("none", limit, version=2)),
        ("sla", names.LIGHT_CHANGED, light("red", limit)),
    )
    seen = (await desk.get(OFFICE, "/v1/cases/i-1")).json()
    assert (seen["light"], seen["reddest"]) == ("none", "red"), "a light of an older version is void"


async def test_a_key_of_before_opens_no_case_that_is_out_of_scope_now(desk: Desk) -> None:
    story, key = await led(desk), {"Idempotency-Key": "one"}
    assert (await desk.order(OFFICER, "i-1", "acknowledge", {}, **key)).status_code == 200
    await desk.tell(story, ("router", names.ISSUE_ASSIGNED, assigned("tax", assignment=2)))
    again = await desk.order(OFFICER, "i-1", "acknowledge", {}, **key)
    assert (again.status_code, again.json()["type"]) == (404, "urn:sanfu:problem:case-unknown")
