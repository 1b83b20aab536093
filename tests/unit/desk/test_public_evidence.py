"""What everybody may see of a case's files: by a link of intake's, and only while the party may see it, too."""

from datetime import timedelta

import httpx

from sanfu.runtime.file_links import EVERYBODYS, PUBLIC_EVIDENCE, FileLinks
from tests.support.assembling import KEYS
from tests.support.cases import CALLER, OFFICE, Desk
from tests.unit.desk.test_mine_files import handled

LINKS = FileLinks.of(KEYS, b"public evidence")


async def led(desk: Desk, file: str, links: FileLinks = LINKS, purpose: str = EVERYBODYS) -> httpx.Response:
    return await desk.client.get(links.link(file, purpose, desk.clock.now()).under(PUBLIC_EVIDENCE))


async def test_a_picture_kept_for_everybody_is_given_to_who_was_led_here_and_other_sites_may_show_it(
    desk: Desk,
) -> None:
    public, _ = await handled(desk)
    got = await led(desk, public)
    assert (got.status_code, got.headers["content-type"]) == (200, "image/jpeg")
    assert got.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "sandbox" in got.headers["content-security-policy"]
    assert b"SecretPhone" not in got.content
    old = LINKS.link(public, EVERYBODYS, desk.clock.now() - timedelta(minutes=5)).under(PUBLIC_EVIDENCE)
    assert (await desk.client.get(old)).status_code == 404


async def test_nothing_else_is_given_and_no_link_of_another_kind_opens_it(desk: Desk) -> None:
    public, internal = await handled(desk)
    assert (await led(desk, internal)).status_code == 404
    assert (await led(desk, "f" * 32)).status_code == 404
    assert (await led(desk, public, FileLinks.of(KEYS, b"attachments"))).status_code == 404
    assert (await led(desk, public, purpose="attachment")).status_code == 404
    assert (await desk.client.get(f"{PUBLIC_EVIDENCE}/{public}")).status_code == 422


async def test_what_is_void_or_becomes_secret_is_given_no_more_by_a_link_from_before(desk: Desk) -> None:
    public, _ = await handled(desk)
    link = LINKS.link(public, EVERYBODYS, desk.clock.now()).under(PUBLIC_EVIDENCE)
    await desk.order(OFFICE, "i-1", "raise_secrecy", {"secrecy": "confidential", "reason": "涉及隐私"})
    assert (await desk.client.get(link)).status_code == 404


async def test_of_a_completion_that_was_void_nothing_is_given(desk: Desk) -> None:
    public, _ = await handled(desk)
    link = LINKS.link(public, EVERYBODYS, desk.clock.now()).under(PUBLIC_EVIDENCE)
    await desk.order(CALLER, "i-1", "void", {"text": "现场三盏灯仍不亮"})
    assert (await desk.client.get(link)).status_code == 404
