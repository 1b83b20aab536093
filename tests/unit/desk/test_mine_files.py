"""What the party is shown of a case's files: those that are for everybody, and named in what it was told."""

import re
from datetime import timedelta
from typing import Any

import httpx

from sanfu.contracts import names
from sanfu.runtime.links import Link, Links
from tests.support import cases
from tests.support.assembling import KEYS
from tests.support.cases import CALLER, HEAD, OFFICE, OFFICER, PDF, Desk, Story, assigned, submitted
from tests.support.following import REPLY, SPARED
from tests.unit.desk.test_evidence import photo

PAGE = "/my/" + Links.of(KEYS).token(Link(SPARED, "t", cases.MORNING + timedelta(days=30)))


async def page(desk: Desk) -> httpx.Response:
    return await desk.client.get(PAGE, params={"lang": "en"})


async def shown(desk: Desk) -> list[str]:
    """The files that the party's page leads to."""
    return re.findall(r'href="/my/[^"/]+/files/([0-9a-f]{32})"', (await page(desk)).text)


async def handled(desk: Desk, grade: str = "simple", **more: Any) -> tuple[str, str]:
    """Handle a case with a public picture and an internal paper; return both."""
    told = (
        ("intake", names.ISSUE_SUBMITTED, submitted(receipt=SPARED, **more)),
        ("router", names.ISSUE_ASSIGNED, assigned(grade=grade)),
    )
    await desk.tell(Story("i-1"), *told)
    public = (await desk.keep(OFFICER, "i-1", photo(), public=True)).json()
    internal = (await desk.keep(OFFICER, "i-1", PDF)).json()
    await desk.keep(OFFICER, "i-1", PDF + b"y", public=True)
    for command, said in (
        ("acknowledge", {}),
        ("contact", {"result": "reached"}),
        ("handle", {"outcome": "solved", "reply": REPLY, "evidence": [public, internal]}),
    ):
        answer = await desk.order(OFFICER, "i-1", command, said)
        assert answer.status_code == 200, answer.text
    return public["id"], internal["id"]


async def test_the_party_sees_what_was_kept_for_everybody_of_what_it_was_told(desk: Desk) -> None:
    public, internal = await handled(desk)
    assert await shown(desk) == [public], "neither what is internal nor what nobody told it of"
    led = await desk.client.get(f"{PAGE}/files/{public}")
    assert (led.status_code, led.headers["cache-control"]) == (303, "no-store")
    got = await desk.client.get(led.headers["location"])
    assert (got.status_code, got.headers["content-type"]) == (200, "image/jpeg")
    assert "sandbox" in got.headers["content-security-policy"]
    for other in (internal, "f" * 32):
        assert (await desk.client.get(f"{PAGE}/files/{other}")).status_code == 404
    desk.advance(minutes=5)
    assert (await desk.client.get(led.headers["location"])).status_code == 404, "the link to a file ends soon"
    assert (await desk.client.get(f"{PAGE}/files/{public}")).status_code == 303, "and the page makes a new one"


async def test_what_is_not_signed_yet_shows_the_party_nothing(desk: Desk) -> None:
    public, _ = await handled(desk, grade="difficult")
    assert await shown(desk) == []
    assert (await desk.client.get(f"{PAGE}/files/{public}")).status_code == 404
    await desk.order(HEAD, "i-1", "sign")
    assert await shown(desk) == [public]


async def test_of_a_completion_that_was_void_nothing_is_shown(desk: Desk) -> None:
    public, _ = await handled(desk)
    await desk.order(CALLER, "i-1", "void", {"text": "现场三盏灯仍不亮"})
    assert await shown(desk) == []
    assert (await desk.client.get(f"{PAGE}/files/{public}")).status_code == 404


async def test_of_a_confidential_or_sealed_case_no_file_is_shown(desk: Desk) -> None:
    public, _ = await handled(desk)
    led = await desk.client.get(f"{PAGE}/files/{public}")
    for level in ("confidential", "sealed"):
        await desk.order(OFFICE, "i-1", "raise_secrecy", {"secrecy": level, "reason": "涉及隐私"})
        assert await shown(desk) == []
        assert (await desk.client.get(f"{PAGE}/files/{public}")).status_code == 404
        assert (await desk.client.get(led.headers["location"])).status_code == 404, "nor by a link that was made before"


async def test_a_file_is_for_who_has_the_partys_link(desk: Desk) -> None:
    public, _ = await handled(desk)
    other = "/my/" + Links.of(KEYS).token(Link(SPARED, "t", cases.MORNING - timedelta(days=1)))
    assert (await desk.client.get(f"{other}/files/{public}")).status_code == 404
