"""A unit's own system reads for an officer whom it names: as much as they may, on record, and by a key that may."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from prometheus_client import CollectorRegistry

from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.desk.domain.on_behalf import read_for
from sanfu.desk.domain.scope import Grant, Viewer, covering, scope, subtrees
from sanfu.desk.handlers import City
from sanfu.desk.metrics import OnBehalfMetrics
from sanfu.desk.on_behalf import OnBehalf
from sanfu.runtime.rules import Refusal
from tests.support import cases
from tests.support.assembling import RING
from tests.support.cases import (
    ADMINISTRATOR,
    DUTY,
    HEAD,
    HELPER,
    MORNING,
    OFFICE,
    OFFICER,
    OTHER,
    PDF,
    Desk,
    Story,
    as_user,
    assigned,
    submitted,
)  # fmt: skip
from tests.unit.desk.test_accounts import at, done, keep
from tests.unit.desk.test_assisting import TASK, does
from tests.unit.desk.test_limits import contacted

UNIT = "urban-management"
SECRET: dict[str, Any] = {"secrecy": "confidential", "text": None, "title": "保密事项"}
PURPOSE = "对接前了解情况"
READS = ("contact", "texts")


async def key(desk: Desk, unit: str = UNIT, name: str = "oa", **more: Any) -> str:
    """Have a key made that reads for officers, unless `more` says otherwise."""
    made = await done(desk, "POST", "/v1/keys", {"unit": unit, "name": name, "for_officers": True, **more})
    return str(made["key"])


async def reads(
    desk: Desk, key: str, officer: str | None = OFFICER, what: str = "texts", id: str = "i-1", **query: str
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", **({} if officer is None else {"On-Behalf-Of": officer})}
    return await desk.client.get(f"/v1/cases/{id}/{what}", params=query or {"purpose": PURPOSE}, headers=headers)


def why(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rpartition(":")[2]


def readings(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.documents.others.get("readings", {}).values())


async def secret(desk: Desk) -> None:
    await contacted(desk, **SECRET)


async def test_what_an_officer_may_read_their_units_system_reads_for_them_and_both_are_on_record(desk: Desk) -> None:
    await secret(desk)
    await does(desk, OFFICER, "ask_assist", **TASK)
    given = await key(desk)
    own = await desk.get(OFFICER, "/v1/cases/i-1/texts", purpose=PURPOSE)
    answer = await reads(desk, given)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json() == own.json() != {"items": []}
    assert (await reads(desk, given, what="contact")).status_code == 200
    found = [(one["user"], one["role"], one["unit"], one["purpose"], one["system"]) for one in readings(desk)]
    person = (OFFICER, "officer", UNIT, PURPOSE)
    assert found == [(*person, None), (*person, f"{UNIT}:oa"), (*person, f"{UNIT}:oa")]


async def test_an_auditor_finds_what_a_key_read(desk: Desk) -> None:
    await secret(desk)
    await done(desk, "POST", "/v1/grants", {"user": OFFICE, "role": "auditor", "ceiling": "confidential"})
    given = await key(desk)
    assert (await reads(desk, given)).status_code == 200
    assert (await desk.get(HEAD, "/v1/cases/i-1/texts", purpose=PURPOSE)).status_code == 200
    listed = (await desk.get(OFFICE, "/v1/readings", system=f"{UNIT}:oa")).json()["items"]
    assert [(one["user"], one["system"]) for one in listed] == [(OFFICER, f"{UNIT}:oa")]
    everything = (await desk.get(OFFICE, "/v1/readings")).json()["items"]
    assert {(one["user"], one["system"]) for one in everything} == {(OFFICER, f"{UNIT}:oa"), (HEAD, None)}


@pytest.mark.parametrize("what", READS)
async def test_a_key_alone_reads_nothing_and_hears_how_it_would(desk: Desk, what: str) -> None:
    await secret(desk)
    refused = await reads(desk, await key(desk), None, what)
    assert why(refused) == (403, "officer-missing")
    assert "On-Behalf-Of" in refused.json()["detail"]
    assert readings(desk) == []


@pytest.mark.parametrize("what", READS)
async def test_a_key_that_was_not_given_for_it_reads_for_nobody(desk: Desk, what: str) -> None:
    await secret(desk)
    plain = (await done(desk, "POST", "/v1/keys", {"unit": UNIT, "name": "gis"}))["key"]
    refused = await reads(desk, plain, what=what)
    assert why(refused) == (403, "key-for-nobody")
    assert "for_officers" in refused.json()["detail"]
    assert readings(desk) == []
    listed = {one["id"]: one["for_officers"] for one in (await done(desk, "GET", "/v1/keys"))["items"]}
    assert listed == {f"{UNIT}:gis": False}


async def test_that_a_key_may_is_on_the_audit(desk: Desk) -> None:
    await key(desk)
    [entry] = (await done(desk, "GET", f"/v1/audit?account={UNIT}:oa"))["items"]
    assert (entry["what"], entry["by"], entry["changed"]["for_officers"]) == ("key_issued", ADMINISTRATOR, True)


@pytest.mark.parametrize("named", [OTHER, OFFICE, "nobody-there", f"{UNIT}:oa", ADMINISTRATOR, HELPER], ids=str)
async def test_who_is_no_officer_of_the_unit_gets_one_answer_whoever_it_is(desk: Desk, named: str) -> None:
    await secret(desk)
    refused = await reads(desk, await key(desk), named)
    unknown = await reads(desk, await key(desk, name="oa-2"), "nobody-at-all")
    assert why(refused) == (403, "not-your-officer")
    assert refused.json()["detail"] == unknown.json()["detail"]
    assert UNIT in refused.json()["detail"]
    assert readings(desk) == []


async def test_a_key_of_another_unit_names_no_officer_of_the_one_that_leads(desk: Desk) -> None:
    await secret(desk)
    taxes = await key(desk, "tax")
    assert why(await reads(desk, taxes, OFFICER)) == (403, "not-your-officer")
    assert why(await reads(desk, taxes, OTHER)) == (404, "case-unknown"), "their own officer does not see it"


async def test_who_left_is_read_for_no_more(desk: Desk) -> None:
    await secret(desk)
    given = await key(desk)
    await done(desk, "POST", "/v1/hand-overs", {"from": OFFICER, "to": DUTY, "at": at(1)})
    assert (await reads(desk, given)).status_code == 200
    desk.advance(hours=1)
    assert why(await reads(desk, given)) == (403, "not-your-officer")
    await done(desk, "PATCH", f"/v1/users/{HEAD}", {"active": False})
    assert why(await reads(desk, given, HEAD)) == (403, "not-your-officer")
    assert (await reads(desk, given, DUTY)).status_code == 200


async def test_who_is_in_a_colleagues_place_is_read_for_in_it_and_who_is_of_another_unit_is_not(desk: Desk) -> None:
    await secret(desk)
    given = await key(desk)
    agent = {"id": "um-agent", "name": "某某", "unit": UNIT}
    assert (await keep(desk, "POST", "/v1/users", agent)).status_code == 201
    assert why(await reads(desk, given, "um-agent")) == (403, "not-your-officer"), "holds nothing yet"
    for user in ("um-agent", OTHER):
        await done(desk, "POST", "/v1/substitutions", {"user": user, "for": HEAD, "since": at(-1), "until": at(9)})
    assert (await reads(desk, given, "um-agent")).status_code == 200
    assert why(await reads(desk, given, OTHER)) == (403, "not-your-officer"), "reads it at the desk, as any other's"
    assert (await desk.get(OTHER, "/v1/cases/i-1/texts", purpose=PURPOSE)).status_code == 200
    assert next((one["user"], one["role"], one["unit"]) for one in readings(desk)) == ("um-agent", "unit_head", UNIT)


async def test_a_key_that_has_ended_opens_nothing(desk: Desk) -> None:
    await secret(desk)
    given, short = await key(desk), await key(desk, name="short", until=at(1))
    await done(desk, "POST", f"/v1/keys/{UNIT}:oa/revoke")
    assert (await reads(desk, given)).status_code == 401
    desk.advance(hours=1)
    assert (await reads(desk, short)).status_code == 401


async def test_a_key_of_a_unit_that_has_ended_reads_for_nobody(desk: Desk) -> None:
    await secret(desk)
    await key(desk)
    use, pack = cases.use_cases(desk, desk.documents.others), cases.packs().current
    on_behalf = OnBehalf(
        use, parse("9/hour"), FixedWindowRateLimiter(MemoryStorage()), OnBehalfMetrics.on(CollectorRegistry())
    )
    system = Viewer(f"{UNIT}:oa", UNIT, ())
    assert (await on_behalf.viewer(system, OFFICER)).system == system.id
    gone = replace(pack.units[UNIT], valid_to=MORNING.date())
    use.city = City(replace(pack, units={**pack.units, UNIT: gone}))
    with pytest.raises(Refusal, match="does not work at this time") as refused:
        await on_behalf.viewer(system, OFFICER)
    assert (refused.value.status, refused.value.slug) == (403, "unit-ended")


async def test_a_person_names_nobody_for_whom_they_read(desk: Desk) -> None:
    await secret(desk)
    headers = {**as_user(HEAD), "On-Behalf-Of": OFFICER}
    answer = await desk.client.get("/v1/cases/i-1/texts", params={"purpose": PURPOSE}, headers=headers)
    assert why(answer) == (403, "not-a-system")


async def test_nobody_is_named_in_a_command_or_a_look(desk: Desk) -> None:
    await secret(desk)
    headers = {"Authorization": f"Bearer {await key(desk)}", "On-Behalf-Of": OFFICER}
    said = {"outcome": "solved", "reply": "已处理。"}
    order = await desk.client.post("/v1/cases/i-1/handle", json=said, headers={**headers, "Idempotency-Key": "k-77"})
    for answer in (order, await desk.client.get("/v1/cases/i-1", headers=headers)):
        assert why(answer) == (422, "invalid-input")
        assert answer.json()["errors"][0]["field"] == "header.On-Behalf-Of"
    assert desk.documents.documents["i-1"]["state"] == "contacted"


@pytest.mark.parametrize("named", ["", " ", "张三", "a b", "x" * 81, "../etc", "a\tb"])
async def test_what_is_no_account_is_refused_by_its_header(desk: Desk, named: str) -> None:
    await secret(desk)
    headers = {b"Authorization": f"Bearer {await key(desk)}".encode(), b"On-Behalf-Of": named.encode()}
    answer = await desk.client.get("/v1/cases/i-1/texts", params={"purpose": PURPOSE}, headers=headers)
    assert why(answer) == (422, "invalid-input")
    assert "On-Behalf-Of" in answer.text
    assert readings(desk) == []


async def test_without_a_purpose_nothing_is_read(desk: Desk) -> None:
    await secret(desk)
    given = await key(desk)
    headers = {"Authorization": f"Bearer {given}", "On-Behalf-Of": OFFICER}
    for what in READS:
        assert (await desk.client.get(f"/v1/cases/i-1/{what}", headers=headers)).status_code == 422
    assert readings(desk) == []


async def test_a_unit_that_only_helps_reads_for_its_officer_what_it_was_told(desk: Desk) -> None:
    await secret(desk)
    await does(desk, OFFICER, "ask_assist", **TASK)
    helpers = await key(desk, "transport")
    answer = await reads(desk, helpers, HELPER)
    assert [one["texts"] for one in answer.json()["items"]] == [{"task": TASK["task"]}]
    assert why(await reads(desk, helpers, HELPER, "contact")) == (403, "contact-closed")


async def test_a_link_to_a_file_of_a_secret_case_is_a_reading_for_an_officer(desk: Desk) -> None:
    await secret(desk)
    kept = (await desk.keep(OFFICER, "i-1", PDF)).json()["id"]
    headers = {"Authorization": f"Bearer {await key(desk)}"}
    url = f"/v1/cases/i-1/evidence/{kept}/link"
    alone = await desk.client.post(url, json={"purpose": PURPOSE}, headers=headers)
    assert why(alone) == (403, "officer-missing")
    named = {**headers, "On-Behalf-Of": OFFICER}
    assert (await desk.client.post(url, json={}, headers=named)).status_code == 422
    answer = await desk.client.post(url, json={"purpose": PURPOSE}, headers=named)
    assert answer.status_code == 200
    assert (await desk.client.get(answer.json()["url"])).content == PDF
    assert [(one["user"], one["system"], one["what"]) for one in readings(desk)] == [
        (OFFICER, f"{UNIT}:oa", ["evidence"])
    ]


async def test_what_complains_of_the_unit_names_nobody_to_its_system(desk: Desk) -> None:
    told = submitted(complains_of=[UNIT], may_name_me=False)
    await desk.tell(Story("i-1"), ("intake", names.ISSUE_SUBMITTED, told), ("router", names.ISSUE_ASSIGNED, assigned()))
    assert why(await reads(desk, await key(desk), what="contact")) == (403, "recused")


async def test_a_sealed_case_is_not_there_for_a_system(desk: Desk) -> None:
    await secret(desk)
    await does(desk, OFFICE, "raise_secrecy", secrecy="sealed", reason="涉密")
    assert why(await reads(desk, await key(desk))) == (404, "case-unknown")


@pytest.fixture
async def slow() -> AsyncIterator[Desk]:
    """A desk that lets a key read three times an hour."""
    made = cases.desk(keys=RING, on_behalf_rate="3/hour")
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()


async def test_a_key_reads_only_so_often_and_hears_when_it_may_again(slow: Desk) -> None:
    await secret(slow)
    given, second = await key(slow), await key(slow, name="second")
    assert [(await reads(slow, given)).status_code for _ in range(2)] == [200, 200]
    assert why(await reads(slow, given, "guessed-1")) == (403, "not-your-officer"), "guesses count, too"
    refused = await reads(slow, given)
    assert why(refused) == (429, "too-many-readings")
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert len(readings(slow)) == 2
    assert (await reads(slow, second)).status_code == 200, "each key counts for itself"
    metrics = (await slow.client.get("/metrics")).text
    for fate, count in (("let", 3), ("not-your-officer", 1), ("too-many-readings", 1)):
        assert f'sanfu_desk_on_behalf_total{{fate="{fate}"}} {count}.0' in metrics


# ── how much ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_for(pack: Pack, *grants: Grant, home: str = UNIT, unit: str = UNIT) -> Viewer:
    system = Viewer(f"{unit}:oa", unit, ())
    return read_for(Viewer("an-officer", home, grants), system, subtrees(pack.units), MORNING)


CASE: dict[str, Any] = {
    "secrecy": "confidential", "units": [UNIT], "unit": UNIT, "town": "fotang", "audience": "resident",
    "channel": "hotline", "party_code": None, "filer": None, "need": (), "complains_of": None, "receipt": "YW-1",
}  # fmt: skip


def test_of_all_that_an_officer_holds_only_what_is_of_the_unit_counts() -> None:
    pack = cases.packs().current
    own = Grant("officer", unit=UNIT, ceiling="confidential")
    others = (
        Grant("coordination_office", ceiling="confidential"), Grant("officer", unit="tax", ceiling="confidential"),
        Grant("officer", town="fotang", ceiling="confidential"), Grant("unit_head", unit=UNIT, ceiling="sealed"),
        Grant("liaison", unit=UNIT), Grant("officer", need="again"), Grant("officer", raised_by=UNIT),
    )  # fmt: skip
    found = _read_for(pack, own, *others)
    assert found.grants == (own,)
    assert (found.id, found.system) == ("an-officer", f"{UNIT}:oa")
    clauses = scope(found, subtrees(pack.units), MORNING)
    assert covering(clauses, CASE)
    assert not covering(clauses, {**CASE, "units": ["tax"], "unit": "tax"})
    with pytest.raises(Refusal, match=UNIT):
        _read_for(pack, *others)


def test_what_reaches_further_than_the_unit_ends_at_it() -> None:
    pack = cases.packs().current
    section, above = next((code, unit.parent) for code, unit in pack.units.items() if unit.parent)
    wide = Grant("unit_head", unit=above, ceiling="confidential")
    [held] = _read_for(pack, wide, home=section, unit=section).grants
    assert held == replace(wide, unit=section)
    assert _read_for(pack, wide, home=section, unit=above or "").grants == (wide,), "a system of the unit above reads"
    with pytest.raises(Refusal):
        _read_for(pack, wide, home=above or "", unit=section)


@pytest.mark.parametrize("span", [{"since": MORNING.replace(hour=2)}, {"until": MORNING}])
def test_a_grant_that_is_not_in_force_reads_nothing(span: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        _read_for(cases.packs().current, Grant("officer", unit=UNIT, ceiling="confidential", **span))
