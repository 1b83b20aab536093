"""A photo's way: from a party's form or a channel to the officer's case; of what is confidential only for a purpose."""

import re
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.flow.parts import ON_BOTH
from tests.flow.test_answers import PHONE, asked, page
from tests.support.assembling import INTAKE, channel_key
from tests.support.city import City
from tests.support.files import MAKER, PDF, photo
from tests.support.people import Issue, Person

UNIT = "housing-construction"
NAME = "王小明13911112222.jpg"


async def upload(city: City, content: bytes, channel: str = "hotline") -> str:
    headers = {"X-Api-Key": channel_key(channel)}
    answer = await city.client("intake").post("/v1/attachments", content=content, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def shows(city: City, **fields: str) -> str:
    """Send a photo with the form of the party's page; return whither it leads."""
    _, shown = await page(city)
    [target] = re.findall(rf'action="{re.escape(INTAKE)}(/v1/supplements/[^"]+)" enctype="multipart/form-data"', shown)
    [key] = set(re.findall(r'name="key" value="([^"]+)"', shown))
    [field] = re.findall(r'type="file" name="([^"]+)" multiple', shown)
    files = [(field, (NAME, photo(), "image/jpeg"))]
    answer = await city.client("intake").post(target, data={"key": key, **fields}, files=files)
    await city.quiet()
    return str(answer.headers["location"])


async def linked(who: Person, issue: Issue, file: str, **said: str) -> httpx.Response:
    """Ask desk for a link to a file."""
    answer = await who.make(f"cases/{issue.id}/evidence/{file}/link", said)
    return await opened(who.city, answer["url"])


async def opened(city: City, url: str) -> httpx.Response:
    """Open a link as a browser does: at intake."""
    assert url.startswith(f"{INTAKE}/v1/attachments/")
    at = urlsplit(url)
    return await city.client("intake").get(f"{at.path}?{at.query}")


@ON_BOTH
async def test_a_partys_photo_comes_from_the_form_on_its_page_to_the_officers_case(city: City) -> None:
    issue = await asked(city)
    assert "done=add" in await shows(city, text="现场照片，电话13911112222。")
    assert await city.state(issue) == "in_review", "a question is answered by a photo"
    await city.person("reviewer").dispatch(issue, UNIT)
    officer = city.officer(UNIT)
    case = await officer.reads(f"cases/{issue.id}")
    [file], [added] = case["attachments"], case["supplements"]
    assert (added["attachments"], PHONE in added["text"]) == ([file["id"]], False)
    [listed] = (await officer.reads(f"cases/{issue.id}/evidence"))["items"]
    assert (listed["id"], listed["media_type"]) == (file["id"], "image/jpeg")
    got = await linked(officer, issue, file["id"])
    assert (got.status_code, got.headers["content-type"]) == (200, "image/jpeg")
    assert MAKER.encode() not in got.content
    first = (await city.unit_topic(UNIT, issue))[0].data
    assert first["issue"]["supplements"][0]["attachments"] == [file], "the unit's own system hears of it"
    stranger = city.officer("tax")
    assert (await stranger.get(f"/v1/cases/{issue.id}/evidence")).status_code == 404
    await officer.do_all(issue)
    city.heard += [NAME, MAKER]


async def test_what_a_confidential_report_shows_is_told_nowhere_and_read_for_a_purpose(city: City) -> None:
    files = [await upload(city, photo()), await upload(city, PDF)]
    issue = await city.report("hotline", secrecy="confidential", attachments=files)
    await city.person("reviewer").dispatch(issue, UNIT)
    more = await upload(city, PDF + b"more")
    headers = {"X-Api-Key": channel_key("hotline"), "Idempotency-Key": "k"}
    url = f"/v1/receipts/{issue.receipt}/supplements"
    answer = await city.client("intake").post(url, json={"text": "见附件", "attachments": [more]}, headers=headers)
    assert answer.status_code == 201, answer.text
    await city.quiet()
    officer, everything = city.officer(UNIT), await city.everything()
    assert [file for file in (*files, more) if file in everything] == []
    assert (await officer.reads(f"cases/{issue.id}"))["attachments"] == []
    read = await officer.get(f"/v1/cases/{issue.id}/contact", purpose="核对办理情况")
    original: dict[str, Any] = read.json()["original"]
    assert [one["id"] for one in original["attachments"]] == files
    assert [one["id"] for one in original["added"][0]["attachments"]] == [more]
    refused = await officer.get(f"/v1/cases/{issue.id}/evidence")
    assert refused.json()["items"] == []
    for file in (*files, more):
        assert (await linked(officer, issue, file, purpose="核对办理情况")).status_code == 200
    auditor = city.person("auditor")
    found = await auditor.reads(f"readings?case={issue.id}")
    assert [one["what"] for one in found["items"]].count(["evidence"]) == 3


async def test_a_link_made_before_opens_nothing_once_the_issue_is_confidential_or_its_party_forgotten(
    city: City,
) -> None:
    file = await upload(city, photo())
    issue = await city.report("hotline", attachments=[file])
    await city.person("reviewer").dispatch(issue, UNIT)
    office = city.person("coordination_office", "three-services-office")
    before = (await office.make(f"cases/{issue.id}/evidence/{file}/link", {}))["url"]
    assert (await opened(city, before)).status_code == 200
    await office.order(issue, "raise_secrecy", {"secrecy": "confidential", "reason": "涉及隐私"})
    assert (await opened(city, before)).status_code == 404
    reading = (await office.make(f"cases/{issue.id}/evidence/{file}/link", {"purpose": "核对办理情况"}))["url"]
    assert (await opened(city, reading)).status_code == 200
    await city.erase(phone=PHONE)
    assert (await opened(city, reading)).status_code == 404
