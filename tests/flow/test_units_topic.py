"""A unit's topic is enough to work by: what, where, until when, how it stands; the rest is asked for at the desk."""

from typing import Any

import httpx

from sanfu.contracts.registry import codec
from sanfu.contracts.units import IssueAsItStands
from tests.support.city import REPORT, City
from tests.support.people import Issue, picture, token

UNIT = "housing-construction"


async def asks(city: City, path: str, key: str, officer: str | None = None, **query: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", **({"On-Behalf-Of": officer} if officer else {})}
    return await city.client("desk").get(path, params=query, headers=headers)


async def unit_key(city: City, name: str = "oa", **more: Any) -> str:
    """Have a key made for the unit's own system."""
    administrator = city.person("system_administrator")
    made = await administrator.make("keys", {"unit": UNIT, "name": name, **more})
    return str(made["key"])


async def kept(city: City, issue: Issue) -> str:
    """Have an officer keep a photo with the case; return its id."""
    headers = {"Authorization": f"Bearer {token(city.officer(UNIT).id)}", "Content-Type": "application/octet-stream"}
    answer = await city.client("desk").post(f"/v1/cases/{issue.id}/evidence", content=picture(), headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_all_that_a_unit_works_by_is_on_its_topic_in_the_shape_of_its_schemas(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    await city.advance(days=5)
    told = await city.unit_topic(UNIT, issue)
    first = told[0].data["issue"]
    whole = IssueAsItStands.model_validate(first, extra="forbid")
    assert (whole.title, whole.text, whole.place.town, whole.unit) == (first["title"], first["text"], "fotang", UNIT)
    assert whole.grade == "simple"
    limits = [one.data["limit"] for one in told if one.type == "deadline-set" and one.data["clock"] == "unit_handling"]
    assert limits == [(await city.limit(issue)).isoformat(timespec="milliseconds").replace("+00:00", "Z")]
    levels = [one.data["level"] for one in told if one.type == "light-changed" and one.data["clock"] == "unit_handling"]
    assert levels[-1] == "red"
    assert [int(one.headers["ce_unitsequence"]) for one in told] == [*range(1, len(told) + 1)]
    for one in told:
        codec.encode(one.headers["ce_type"], {name: value for name, value in one.data.items() if name != "issue"})


async def test_a_file_that_the_topic_tells_of_is_had_by_a_link_with_the_units_key(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    file, key = await kept(city, issue), await unit_key(city)
    headers = {"Authorization": f"Bearer {key}"}
    answer = await city.client("desk").post(f"/v1/cases/{issue.id}/evidence/{file}/link", json={}, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    got = await city.client("desk").get(next(value for value in answer.json().values() if str(value).startswith("/")))
    assert (got.status_code, got.headers["content-type"]) == (200, "image/png")


async def confidential(city: City) -> Issue:
    """Have an issue that is confidential, with words about it that the unit wrote."""
    issue = await city.report("hotline", category="road-lamp")
    said = {"secrecy": "confidential", "reason": "涉及举报人"}
    await city.person("coordination_office").order(issue, "raise_secrecy", said)
    await city.officer(UNIT).acknowledge(issue)
    await city.officer(UNIT).contact(issue, summary="与举报人见面。")
    return issue


async def test_words_about_what_is_confidential_are_read_at_the_desk_with_a_purpose_and_by_no_key_alone(
    city: City,
) -> None:
    issue, key = await confidential(city), await unit_key(city)
    assert "见面" not in str([one.data for one in await city.unit_topic(UNIT, issue)])
    for part in ("texts", "contact"):
        for officer in (None, city.officer(UNIT).id):
            refused = await asks(city, f"/v1/cases/{issue.id}/{part}", key, officer, purpose="核实情况")
            assert refused.status_code == 403, "a purpose is a person's (decision 0014)"
    read = await city.officer(UNIT).get(f"/v1/cases/{issue.id}/texts", purpose="核实情况")
    assert "见面" in read.text
    [reading] = (await city.person("auditor").reads("readings"))["items"]
    assert (reading["user"], reading["purpose"], reading["what"]) == (city.officer(UNIT).id, "核实情况", ["texts"])


async def test_a_units_system_fetches_for_its_officer_who_said_it_and_what_was_written_and_each_look_is_on_record(
    city: City,
) -> None:
    issue = await confidential(city)
    first = (await city.unit_topic(UNIT, issue))[-1]
    file, officer = await kept(city, issue), city.officer(UNIT).id
    key = await unit_key(city, "oa-2", for_officers=True)
    case = f"/v1/cases/{first.headers['ce_subject']}"
    said = [await asks(city, f"{case}/{part}", key, officer, purpose="核实情况") for part in ("contact", "texts")]
    assert said[0].json()["party"]["phone"] == REPORT["party"]["phone"]
    assert "见面" in said[1].text
    headers = {"Authorization": f"Bearer {key}", "On-Behalf-Of": officer}
    body = {"purpose": "核实情况"}
    linked = await city.client("desk").post(f"{case}/evidence/{file}/link", json=body, headers=headers)
    assert (await city.client("desk").get(linked.json()["url"])).headers["content-type"] == "image/png"
    for other in (city.officer("tax").id, city.person("coordination_office").id, "nobody"):
        assert (await asks(city, f"{case}/texts", key, other, purpose="核实情况")).status_code == 403
    found = (await city.person("auditor").reads(f"readings?system={UNIT}:oa-2"))["items"]
    assert sorted((one["user"], one["unit"], one["purpose"], *one["what"]) for one in found) == [
        (officer, UNIT, "核实情况", *what) for what in (["evidence"], ["filer", "original", "party"], ["texts"])
    ]
    phone = REPORT["party"]["phone"]
    assert phone not in str([one.data for one in await city.unit_topic(UNIT, issue)])
