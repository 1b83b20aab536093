"""Keeping accounts: who was given what, from when until when, by whom; who stands in for whom; units' keys."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from tests.support import cases
from tests.support.cases import (
    ADMINISTRATOR,
    HEAD,
    LEADER,
    MORNING,
    OFFICE,
    OFFICER,
    OTHER,
    REVIEWER,
    Desk,
    Story,
    as_user,
    assigned,
    submitted,
)  # fmt: skip

HOUR = 3600


def at(hours: float) -> str:
    return instant(MORNING + timedelta(hours=hours))


async def keep(desk: Desk, method: str, path: str, said: Any = None, user: str = ADMINISTRATOR) -> httpx.Response:
    return await desk.client.request(method, path, json=said, headers=as_user(user))


async def done(desk: Desk, method: str, path: str, said: Any = None, user: str = ADMINISTRATOR) -> dict[str, Any]:
    answer = await keep(desk, method, path, said, user)
    assert answer.is_success, answer.text
    return dict(answer.json())


async def give(desk: Desk, user: str, role: str, **more: Any) -> dict[str, Any]:
    return await done(desk, "POST", "/v1/grants", {"user": user, "role": role, **more})


async def known(desk: Desk, id: str = "i-1", unit: str = "urban-management", **more: Any) -> None:
    await desk.tell(
        Story(id),
        ("intake", names.ISSUE_SUBMITTED, submitted(**more)),
        ("router", names.ISSUE_ASSIGNED, assigned(unit)),
    )


async def sees(desk: Desk, user: str, id: str = "i-1") -> bool:
    return (await desk.get(user, f"/v1/cases/{id}")).status_code == 200


async def test_only_the_administrator_keeps_accounts_and_reads_no_case(desk: Desk) -> None:
    await known(desk)
    for user in (OFFICER, OFFICE, LEADER, REVIEWER):
        for method, path in (("GET", "/v1/users"), ("POST", f"/v1/users/{OTHER}/password"), ("GET", "/v1/grants")):
            assert (await keep(desk, method, path, user=user)).status_code == 403
    assert (await desk.get(ADMINISTRATOR, "/v1/cases")).json()["items"] == []
    assert not await sees(desk, ADMINISTRATOR)


async def test_a_grant_shows_a_case_from_its_beginning_until_just_before_its_end(desk: Desk) -> None:
    await known(desk)
    assert not await sees(desk, OTHER)
    await give(desk, OTHER, "officer", unit="urban-management", since=at(1), until=at(2))
    assert not await sees(desk, OTHER)
    desk.advance(hours=1)
    assert await sees(desk, OTHER)
    assert (await desk.order(OTHER, "i-1", "acknowledge")).status_code == 200
    desk.advance(hours=1)
    assert not await sees(desk, OTHER)


async def test_a_grant_that_ends_stays_on_record(desk: Desk) -> None:
    await known(desk)
    grant = await give(desk, OTHER, "liaison", town="fotang")
    assert await sees(desk, OTHER)
    await done(desk, "POST", f"/v1/grants/{grant['id']}/end", {"until": at(0)})
    assert not await sees(desk, OTHER)
    listed = (await done(desk, "GET", f"/v1/grants?user={OTHER}"))["items"]
    assert [(one["id"], one["until"]) for one in listed] == [(grant["id"], at(0))]


async def test_the_same_grant_twice_is_one(desk: Desk) -> None:
    first = await give(desk, OTHER, "liaison", town="fotang")
    assert await give(desk, OTHER, "liaison", town="fotang") == first
    assert len((await done(desk, "GET", f"/v1/grants?user={OTHER}"))["items"]) == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"role": "officer"}, "$.unit"),
        ({"role": "officer", "unit": "no-such-unit"}, "$.unit"),
        ({"role": "leader", "town": "tax"}, "$.town"),
        ({"role": "officer", "unit": "tax", "town": "fotang"}, "$.town"),
        ({"role": "officer", "unit": "tax", "ceiling": "sealed"}, "$.ceiling"),
        ({"role": "discipline_liaison"}, "$.ceiling"),
        ({"role": "leader", "channels": ["smoke"]}, "$.channels"),
        ({"role": "leader", "since": at(2), "until": at(1)}, "$.until"),
    ],
)
async def test_a_grant_that_would_not_do_is_refused_by_its_field(desk: Desk, said: dict[str, Any], field: str) -> None:
    answer = await keep(desk, "POST", "/v1/grants", {"user": OTHER, **said})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_nobody_gives_themselves_anything_and_who_keeps_accounts_gets_no_case(desk: Desk) -> None:
    itself = await keep(desk, "POST", "/v1/grants", {"user": ADMINISTRATOR, "role": "leader"})
    assert (itself.status_code, itself.json()["type"]) == (409, "urn:sanfu:problem:not-oneself")
    both = await keep(desk, "POST", "/v1/grants", {"user": OTHER, "role": "system_administrator"})
    assert (both.status_code, both.json()["type"]) == (409, "urn:sanfu:problem:keeps-accounts")


async def test_an_account_made_here_opens_nothing_until_it_was_given_something_and_is_closed_not_deleted(
    desk: Desk,
) -> None:
    await known(desk)
    said = {"id": "zhang-san", "name": "张三", "unit": "urban-management"}
    await done(desk, "POST", "/v1/users", said)
    assert (await keep(desk, "POST", "/v1/users", said)).status_code == 409
    password = (await done(desk, "POST", "/v1/users/zhang-san/password"))["password"]
    assert (await desk.client.post("/login", data={"account": "zhang-san", "password": password})).status_code == 303
    who = await cases.use_cases(desk, desk.documents.others).accounts.person("zhang-san")
    assert who is not None
    assert who.grants == ()
    await give(desk, "zhang-san", "officer", unit="urban-management")
    await done(desk, "PATCH", "/v1/users/zhang-san", {"active": False})
    shown = await done(desk, "GET", "/v1/users/zhang-san")
    assert (shown["active"], len(shown["grants"])) == (False, 1)
    assert (await keep(desk, "DELETE", "/v1/users/zhang-san")).status_code == 405


async def test_two_administrators_at_once_do_not_overwrite_each_other(desk: Desk) -> None:
    seen = (await keep(desk, "GET", f"/v1/users/{OTHER}")).headers["etag"]
    for code in (200, 412):
        answer = await desk.client.patch(
            f"/v1/users/{OTHER}", json={"name": f"改名{code}"}, headers={**as_user(ADMINISTRATOR), "If-Match": seen}
        )
        assert answer.status_code == code


async def test_every_change_is_on_record_with_who_when_and_what_and_no_secret(desk: Desk) -> None:
    await give(desk, OTHER, "liaison", town="fotang")
    desk.advance(hours=1)
    password = (await done(desk, "POST", f"/v1/users/{OTHER}/password"))["password"]
    found = (await done(desk, "GET", f"/v1/audit?account={OTHER}"))["items"]
    assert [(one["what"], one["by"], one["at"]) for one in found] == [
        ("password_set", ADMINISTRATOR, at(1)), ("granted", ADMINISTRATOR, at(0)),
    ]  # fmt: skip
    assert found[1]["changed"]["grants"][0]["town"] == "fotang"
    assert password not in str(found)
    assert "argon2" not in str(found)
    assert (await keep(desk, "GET", "/v1/audit", user=OFFICE)).status_code == 403


async def test_a_substitute_holds_what_the_other_holds_and_acts_under_his_own_name(desk: Desk) -> None:
    await known(desk)
    term = {"user": OTHER, "for": OFFICER, "since": at(1), "until": at(3)}
    await done(desk, "POST", "/v1/substitutions", term)
    assert not await sees(desk, OTHER)
    desk.advance(hours=1)
    assert (await desk.order(OTHER, "i-1", "acknowledge")).status_code == 200
    by = next(body["by"] for type, body in desk.published() if type == names.ISSUE_ACKNOWLEDGED)
    assert by == {"id": OTHER, "role": "officer", "unit": "urban-management"}
    desk.advance(hours=2)
    assert not await sees(desk, OTHER)


async def test_who_is_away_names_a_colleague_and_nobody_else_names_one_for_him(desk: Desk) -> None:
    await known(desk)
    term = {"user": HEAD, "for": OFFICER, "since": at(0), "until": at(3)}
    assert (await keep(desk, "POST", "/v1/substitutions", term, user=HEAD)).status_code == 403
    assert (await keep(desk, "POST", "/v1/substitutions", term, user=OFFICER)).status_code == 201
    outside = await keep(desk, "POST", "/v1/substitutions", {**term, "user": OTHER}, user=OFFICER)
    assert outside.json()["type"] == "urn:sanfu:problem:other-unit"


async def test_a_substitute_is_as_partial_as_the_one_he_stands_in_for_and_as_himself(desk: Desk) -> None:
    await known(desk, unit="tax")
    for command, said in (
        ("acknowledge", {}), ("contact", {"result": "reached"}),
        ("handle", {"outcome": "solved", "reply": "已退回多缴的税款，请查收。"}),
    ):  # fmt: skip
        assert (await desk.order(OTHER, "i-1", command, said)).status_code == 200
    await done(desk, "POST", "/v1/substitutions", {"user": "tax-head", "for": OFFICE, "since": at(0), "until": at(9)})
    await cases.let_in(desk, "tax-head")
    answer = await desk.order("tax-head", "i-1", "follow_up", {"resolved": "yes"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:sanfu:problem:not-impartial")


async def test_work_that_is_handed_over_is_the_others_from_that_instant_on(desk: Desk) -> None:
    await known(desk)
    said = {"from": OFFICER, "to": OTHER, "at": at(24)}
    first = await done(desk, "POST", "/v1/hand-overs", said)
    assert await done(desk, "POST", "/v1/hand-overs", said) == first, "said twice, it is done once"
    assert (await sees(desk, OFFICER), await sees(desk, OTHER)) == (True, False)
    desk.advance(hours=24)
    assert (await desk.get(OFFICER, "/v1/cases/i-1")).status_code == 401, "who left does not come in any more"
    assert await sees(desk, OTHER)
    listed = (await done(desk, "GET", f"/v1/substitutions?user={OFFICER}"))["items"]
    assert [(one["user"], one["why"], one["until"]) for one in listed] == [(OTHER, "hand_over", None)]


async def test_a_units_key_opens_that_units_cases_until_it_is_revoked_or_runs_out(desk: Desk) -> None:
    await known(desk)
    await known(desk, "i-2", unit="tax")
    made = await done(desk, "POST", "/v1/keys", {"unit": "urban-management", "name": "gis", "until": at(48)})
    key = {"Authorization": f"Bearer {made['key']}"}
    listed = (await desk.client.get("/v1/cases", headers=key)).json()["items"]
    assert [one["id"] for one in listed] == ["i-1"]
    for path in ("/v1/cases/i-1/contact?purpose=同步", "/v1/users", "/v1/readings", "/v1/audit"):
        assert (await desk.client.get(path, headers=key)).status_code == 403, path
    assert made["key"] not in str(desk.documents.others)
    assert (await done(desk, "GET", "/v1/keys"))["items"][0]["until"] == at(48)
    desk.advance(hours=48)
    assert (await desk.client.get("/v1/cases", headers=key)).status_code == 401
    second = await done(desk, "POST", "/v1/keys", {"unit": "urban-management", "name": "gis-2"})
    assert (await keep(desk, "POST", "/v1/keys", {"unit": "urban-management", "name": "gis-2"})).status_code == 409
    await done(desk, "POST", f"/v1/keys/{second['id']}/revoke")
    again = {"Authorization": f"Bearer {second['key']}"}
    assert (await desk.client.get("/v1/cases", headers=again)).status_code == 401


async def test_a_restart_takes_back_no_units_key(desk: Desk) -> None:
    made = await done(desk, "POST", "/v1/keys", {"unit": "tax", "name": "gis"})
    await cases.let_in(desk, OFFICER)
    key = {"Authorization": f"Bearer {made['key']}"}
    assert (await desk.client.get("/v1/cases", headers=key)).status_code == 200
    assert (await desk.get(OTHER, "/v1/cases")).status_code == 401, "a person's token that is not given any more"


async def test_what_a_crash_kept_from_the_audit_is_there_after_a_restart(desk: Desk) -> None:
    await give(desk, OTHER, "liaison", town="fotang")
    desk.documents.others["audit"].clear()
    restarted = cases.desk(documents=desk.documents)
    await restarted.service.start()
    found = (await done(restarted, "GET", f"/v1/audit?account={OTHER}"))["items"]
    assert [one["what"] for one in found] == ["granted"]
    await restarted.stop()
    await restarted.client.aclose()
