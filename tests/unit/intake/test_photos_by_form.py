"""What a party's page sends: a text, photos, or both, in one browser's form; all of it or nothing."""

from typing import Any

import pytest

from sanfu.contracts import names
from tests.support.files import MAKER, PDF, photo
from tests.unit.intake.test_adding import PAGE, added, link, receipt
from tests.unit.intake.test_attachments import got, noted
from tests.unit.intake.world import World, running

Sent = list[tuple[str, tuple[str, bytes, str]]]


def chosen(*contents: bytes) -> Sent:
    return [("files", ("../../王小明 13800000001.jpg", content, "image/jpeg")) for content in contents]


async def send(world: World, token: str, files: Sent, **fields: str) -> str:
    """Send the form; return what the page is told, `done=add` for one."""
    answer = await world.client.post(f"/v1/supplements/{token}?lang=zh", data=fields, files=files)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix(f"{PAGE}/my/{token}?").partition("&")[0]


async def test_photos_come_with_a_text_and_nobody_hears_what_they_are_called(world: World) -> None:
    _, number = await receipt(world)
    assert await send(world, link(number), chosen(photo(), PDF), text="见照片。", key="a") == "done=add"
    [told] = await added(world)
    assert (told["text"], [one["media_type"] for one in told["attachments"]]) == (
        "见照片。", ["image/jpeg", "application/pdf"],
    )  # fmt: skip
    status, content = await got(world, told["attachments"][0]["id"])
    assert (status, MAKER.encode() in content) == (200, False)
    assert "王小明" not in str(noted(world))


async def test_the_form_sent_twice_adds_once_and_leaves_no_second_copy(world: World) -> None:
    _, number = await receipt(world)
    for _ in range(2):
        assert await send(world, link(number), chosen(photo()), text="见照片。", key="a") == "done=add"
    [told] = await added(world)
    assert {*noted(world)} == {told["attachments"][0]["id"]}


async def test_a_photo_without_a_text_is_enough_and_neither_is_nothing(world: World) -> None:
    _, number = await receipt(world)
    assert await send(world, link(number), chosen(photo()), text=" ", key="a") == "done=add"
    assert await send(world, link(number), [("files", ("", b"", "application/octet-stream"))], key="b") == "failed=add"
    assert len(await added(world)) == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (chosen(photo(), b"MZ\x90\0 a program"), "add_files"),
        (chosen(photo(), photo()[:-100]), "add_files"),
        (chosen(photo(), PDF + bytes(5000)), "add_files"),
        (chosen(*[PDF + bytes([n]) for n in range(11)]), "add_files"),
    ],
    ids=["no photo", "cut off", "too long", "too many"],
)
async def test_one_bad_file_and_none_is_kept_nor_anything_added(files: Sent, said: str) -> None:
    async with running(attachment_limit=4096) as world:
        _, number = await receipt(world)
        assert await send(world, link(number), files, text="见照片。", key="a") == f"failed={said}"
        assert not noted(world)
        assert not await added(world)


async def test_what_can_not_be_added_leaves_no_file(world: World) -> None:
    issue, number = await receipt(world)
    closed: dict[str, Any] = {
        "by": {"id": "system", "role": "system", "unit": None}, "kind": "incomplete", "reply": None, "reason": None,
        "round": 1,
    }  # fmt: skip
    await world.hear(issue, names.ISSUE_CLOSED, closed)
    assert await send(world, link(number), chosen(photo()), text="见照片。", key="a") == "failed=add"
    assert not noted(world)


async def test_who_has_no_link_has_no_file_read(world: World) -> None:
    assert await send(world, "a.b.c.d", chosen(photo()), text="见照片。") == "failed=add"
    assert not noted(world)
    metrics = (await world.client.get("/metrics")).text
    assert "sanfu_intake_attachment_bytes_total{" not in metrics


async def test_a_form_that_breaks_off_leaves_nothing(world: World) -> None:
    _, number = await receipt(world)
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n' + PDF + b"\r\n--b\r\nConte"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await world.client.post(f"/v1/supplements/{link(number)}", content=body, headers=headers)
    assert "failed=add" in answer.headers["location"]
    assert not noted(world)
