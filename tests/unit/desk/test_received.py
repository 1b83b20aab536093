"""Files that came with a report: listed with the case, and linked to at intake for who may see them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from sanfu.contracts import contact_wire, names
from sanfu.desk.adapters.memory import memory_shelves
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.file_links import FileLink, FileLinks
from sanfu.runtime.rules import Refusal
from sanfu.runtime.sealing import Sealer
from tests.support import cases
from tests.support.assembling import INTAKE, KEYS, RING
from tests.support.cases import LEADER, OFFICE, OFFICER, OTHER, Desk, as_user
from tests.support.eventually import eventually
from tests.unit.desk.test_evidence import led, link

PHOTO = {
    "id": "a" * 32, "owner": "intake", "sha256": "b" * 64, "media_type": "image/jpeg", "size": 3, "public": False,
}  # fmt: skip
LINKS = FileLinks.of(KEYS, b"attachments")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A desk that was told where intake is."""
    made = cases.desk(keys=RING, intake_url=f"{INTAKE}/")
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()


def purpose(desk: Desk, url: str) -> str:
    """What a link to intake was signed for."""
    assert url.startswith(f"{INTAKE}/v1/attachments/{PHOTO['id']}?")
    asked = parse_qs(urlsplit(url).query)
    made = FileLink(str(PHOTO["id"]), asked["until"][0], asked["signature"][0])
    return LINKS.purpose(made, ("attachment", "reading of an attachment"), desk.clock.now())


async def test_a_photo_is_listed_and_linked_to_for_who_sees_the_case(desk: Desk) -> None:
    await led(desk, attachments=[PHOTO])
    case = (await desk.get(OFFICER, "/v1/cases/i-1")).json()
    assert case["attachments"] == [PHOTO]
    [listed] = (await desk.get(OFFICER, "/v1/cases/i-1/evidence")).json()["items"]
    assert listed["id"] == PHOTO["id"]
    for user, status in ((OFFICER, 200), (LEADER, 200), (OTHER, 404)):
        assert (await link(desk, str(PHOTO["id"]), user)).status_code == status
    made = (await link(desk, str(PHOTO["id"]))).json()
    assert purpose(desk, made["url"]) == "attachment"
    assert made["until"] == parse_qs(urlsplit(made["url"]).query)["until"][0]
    assert (await link(desk, "f" * 32)).status_code == 404


async def test_of_a_confidential_case_a_link_is_a_reading(desk: Desk) -> None:
    await led(desk, attachments=[PHOTO])
    raised = await desk.order(OFFICE, "i-1", "raise_secrecy", {"secrecy": "confidential", "reason": "涉及隐私"})
    assert raised.status_code == 200, raised.text
    assert (await link(desk, str(PHOTO["id"]))).status_code == 422
    made = await link(desk, str(PHOTO["id"]), purpose="核对现场")
    assert purpose(desk, made.json()["url"]) == "reading of an attachment"
    readings = await memory_shelves(desk.documents.others).readings.all()
    assert [(one["user"], one["what"], one["purpose"]) for one in readings] == [(OFFICER, ["evidence"], "核对现场")]
    assert (await link(desk, str(PHOTO["id"]), LEADER, purpose="看看")).status_code == 404, "above their ceiling"


def record(original: dict[str, Any]) -> Outgoing:
    """Intake's contact of i-1, with an original."""
    sealed = Sealer(KEYS).seal(orjson.dumps(original), contact_wire.context("i-1", "intake", "original")).written()
    box = {"key": sealed["key_id"], "nonce": sealed["nonce"], "sealed": sealed["box"]}
    body = contact_wire.value("i-1", "intake", 1, {"original": box})
    return Outgoing(names.CONTACTS, contact_wire.key("i-1", "intake"), body, [])


async def test_what_came_with_a_confidential_report_stands_in_its_original_alone(desk: Desk) -> None:
    await led(desk, secrecy="confidential", title="保密事项", text=None)
    added = {**PHOTO, "id": "c" * 32}
    original = {"title": "t", "text": "x", "attachments": [PHOTO], "added": [{"number": 1, "attachments": [added]}]}
    await desk.service.parts.broker.publish([record(original)])
    shelf = memory_shelves(desk.documents.others).contacts
    await eventually(lambda: shelf.having("issue", "i-1"))
    assert (await desk.get(OFFICER, "/v1/cases/i-1/evidence")).json()["items"] == []
    assert (await link(desk, str(PHOTO["id"]))).status_code == 422, "for a purpose"
    for file in (PHOTO, added):
        made = await link(desk, str(file["id"]), purpose="核对现场")
        assert made.status_code == 200, made.text
    assert (await link(desk, "f" * 32, purpose="核对现场")).status_code == 404
    url = "/v1/cases/i-1/contact"
    shown = await desk.client.get(url, params={"purpose": "核对现场"}, headers=as_user(OFFICER))
    assert shown.json()["original"]["attachments"] == [PHOTO]


async def test_a_link_ends_with_its_five_minutes(desk: Desk) -> None:
    await led(desk, attachments=[PHOTO])
    made = (await link(desk, str(PHOTO["id"]))).json()
    desk.clock.advance(timedelta(minutes=4, seconds=59))
    assert purpose(desk, made["url"]) == "attachment"
    desk.clock.advance(timedelta(seconds=1))
    with pytest.raises(Refusal):
        purpose(desk, made["url"])
