"""Files that come over Open311: kept once with the request, of who has a key, drawn anew, and shown to nobody there."""

import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import httpx
import pytest
from PIL import Image

from sanfu.contracts import names
from tests.support.files import MAKER, PDF, claims_to_be, photo
from tests.unit.intake.open311 import LAMP, UPDATE, V2, get, taken, wrong
from tests.unit.intake.test_attachments import got, noted
from tests.unit.intake.world import APP, HOTLINE, World, running

Parts = Sequence[tuple[str, bytes | str]]
"""Fields and, as bytes, files, in their order."""
SECRET = "请为我保密，不要透露我的姓名。路灯坏了。"


def body(parts: Parts, boundary: str = "xYzZY") -> tuple[bytes, dict[str, str]]:
    """Write a form as clients do, whatever is in it."""
    written = b""
    for name, value in parts:
        called = '; filename="../../IMG.jpg"\r\nContent-Type: image/jpeg' if isinstance(value, bytes) else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{called}\r\n\r\n'
        written += head.encode() + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    return written + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


async def send(
    world: World, parts: Parts, path: str = "requests.json", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    content, kind = body(parts)
    return await world.client.post(f"{V2}/{path}", content=content, headers={**kind, **(headers or {})})


def lamp(*files: tuple[str, bytes | str], **fields: str) -> list[tuple[str, bytes | str]]:
    return [*{**LAMP, **fields}.items(), *files]


def kept(world: World) -> list[Any]:
    """What is written down of files."""
    return [*noted(world).values()]


@pytest.fixture
async def small() -> AsyncIterator[World]:
    async with running(attachment_limit=600_000) as world:
        yield world


async def test_a_photo_comes_with_its_request_is_drawn_anew_and_told_of_by_what_it_is(world: World) -> None:
    answer = await send(world, lamp(("media", photo()), ("photo2", photo("PNG"))))
    id = taken(answer)
    [told] = await world.told()
    first, second = told["attachments"]
    assert (first["media_type"], second["media_type"]) == ("image/jpeg", "image/png")
    assert {first["public"], second["public"]} == {False}
    status, content = await got(world, first["id"])
    assert (status, MAKER.encode() in content) == (200, False)
    with Image.open(io.BytesIO(content)) as drawn:
        assert (drawn.size, dict(drawn.getexif())) == ((20, 40), {})
    assert {one["issue"] for one in kept(world)} == {id}
    [shown] = await get(world, "requests.json")
    assert shown["media_url"] is None, "nobody at the desk has looked at it"
    assert first["id"] not in str(shown)


async def test_the_same_form_again_is_the_same_request_with_the_same_files(world: World) -> None:
    parts = lamp(("media", photo()))
    first = taken(await send(world, parts))
    assert taken(await send(world, parts), 200) == first
    assert len(kept(world)) == 1, "what came a second time is gone"
    assert taken(await send(world, lamp(("media", photo(size=(50, 20)))))) != first, "another picture of something else"
    assert taken(await send(world, lamp())) != first


async def test_a_form_with_no_file_in_it_is_a_form(world: World) -> None:
    id = taken(await send(world, lamp(("media", b""), first_name="小明")))
    assert noted(world) == {}
    assert world.documents.documents[id]["submission"]["text"] == LAMP["description"]


HOSTILE: Mapping[str, tuple[list[tuple[str, bytes | str]], str]] = {
    "no picture": (lamp(("media", b"\xff\xd8\xff\xe0 this is none")), "file 1: invalid input"),
    "something else": (lamp(("media", b"MZ\x90\x00" + bytes(200))), "file 1: unsupported media type"),
    "a page": (lamp(("media", b"<html><script>alert(1)</script>")), "file 1: unsupported media type"),
    "a drawing with a script": (lamp(("media", b"<svg xmlns='http://www.w3.org/2000/svg'/>")),
                                "file 1: unsupported media type"),
    "a hundred megapixels": (lamp(("media", claims_to_be(12_000, 9_000))), "file 1: invalid input"),
    "too large": (lamp(("media", b"%PDF-1.7\n" + b"x" * 600_000)), "file 1: attachment too large"),
    "good, then bad": (lamp(("a", photo()), ("b", b"MZ")), "file 2: unsupported media type"),
    "too many": (lamp(*[(f"photo{n}", PDF + bytes([n])) for n in range(11)]), "file 11: too many files"),
    "a good one and no place": ([(n, v) for n, v in lamp(("media", photo())) if n not in ("lat", "long")],
                                "lat and long: missing"),
    "a good one and a service that is none": (lamp(("media", photo()), service_code=" "), "service_code: missing"),
    "a good one, and a field twice": ([*lamp(("media", photo())), ("description", "b")], "description: repeated"),
    "a good one, and a field that is unknown": ([*lamp(("media", photo())), ("colour", "red")], "colour: unknown"),
    "half characters": ([*lamp(), ("media", photo()), ("first_name", "\ufffd")], "the form: not utf8"),
}  # fmt: skip


@pytest.mark.parametrize("which", HOSTILE)
@pytest.mark.parametrize("format", ["xml", "json"])
async def test_what_is_wrong_with_a_form_is_said_and_none_of_its_files_is_left(
    small: World, which: str, format: str
) -> None:
    parts, told = HOSTILE[which]
    answer = await send(small, parts, f"requests.{format}")
    assert wrong(answer) == [told]
    assert kept(small) == []
    assert await small.told() == []


async def test_a_form_that_breaks_off_leaves_nothing(world: World) -> None:
    content, kind = body(lamp(("media", photo())))
    for end in (len(content) - 8, len(content) // 2, len(content) - 400):
        answer = await world.client.post(f"{V2}/requests.xml", content=content[:end], headers=kind)
        assert len(wrong(answer)) == 1
    assert noted(world) == {}
    for kind in ({"Content-Type": "multipart/form-data"}, {"Content-Type": "multipart/form-data; boundary=another"}):
        assert wrong(await world.client.post(f"{V2}/requests.xml", content=content, headers=kind))
    assert noted(world) == {}


async def test_nobody_without_a_key_sends_a_file_and_the_key_comes_before_it(world: World) -> None:
    without = [(name, value) for name, value in lamp() if name != "api_key"]
    late = [*without, ("media", photo()), ("api_key", APP)]
    for parts in ([*without, ("media", photo())], late, lamp(("media", photo()), api_key=HOTLINE["X-Api-Key"])):
        assert wrong(await send(world, parts), 403)
        assert noted(world) == {}
    assert taken(await send(world, late, headers={"X-Api-Key": APP}))


async def test_an_update_may_be_a_picture_alone_and_is_added_once(world: World) -> None:
    id = taken(await send(world, lamp()))
    await world.told()
    said = {**UPDATE, "service_request_id": id}
    parts: Parts = [*said.items(), ("photo1", photo())]
    bare: Parts = [(n, v) for n, v in {**said, "update_id": "18"}.items() if n != "description"]
    for _ in range(2):
        assert (await send(world, parts, "servicerequestupdates.json")).json() == [{"update_id": f"{id}.17"}]
    assert wrong(await send(world, bare, "servicerequestupdates.json")) == ["description: missing"]
    answer = await send(world, [*bare, ("photo1", photo("PNG"))], "servicerequestupdates.xml")
    assert answer.status_code == 201, answer.text
    added = [one for one in await world.told() if "answers_question" in one]
    assert [(one["text"] is None, len(one["attachments"])) for one in added] == [(False, 1), (True, 1)]
    await world.hear(id, names.ISSUE_ANSWERED, {"by": {"id": "r-1", "role": "reviewer"}, "reply": "已答复。"})
    assert wrong(await send(world, [*bare, ("photo1", PDF), ("update_id", "19")], "servicerequestupdates.xml"))
    assert len(kept(world)) == 2, "what nothing was added by is gone"


async def test_of_a_confidential_request_the_story_does_not_tell_that_there_is_a_file(world: World) -> None:
    id = taken(await send(world, lamp(("media", photo()), description=SECRET)))
    [told] = await world.told()
    assert (told["secrecy"] in ("confidential", "sealed"), told["attachments"]) == (True, [])
    assert [one["issue"] for one in kept(world)] == [id]


async def test_an_address_of_a_picture_is_kept_as_a_text_and_nobody_asks_it(world: World) -> None:
    inside = "http://169.254.169.254/latest/meta-data/"
    taken(await send(world, [*lamp(), ("media_url", inside), ("media_url", "http://127.0.0.1:27017/")]))
    [told] = await world.told()
    assert told["answers"]["media_url"] == f"{inside} http://127.0.0.1:27017/"
    [shown] = await get(world, "requests.json")
    assert shown["media_url"] is None
