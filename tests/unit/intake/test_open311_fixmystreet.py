"""The very requests of FixMyStreet's own client are taken as it means them.

They were recorded from its source, mysociety/fixmystreet 84d7c80 `perllib/Open311.pm`, unchanged, under Perl 5.36 with
libwww-perl 6.68, while it drove a served city: only its database (problems, comments, photos) was stood in for. In them
the key was replaced by KEY, and the host; its uploads are all there.
"""

from pathlib import Path

import httpx

from sanfu.contracts import names
from tests.support.cases import assigned
from tests.support.files import MAKER
from tests.unit.intake.open311 import tree
from tests.unit.intake.test_attachments import got
from tests.unit.intake.world import APP, World

RECORDED = Path(__file__).parents[2] / "support" / "fixmystreet_requests"
ITS_ID = b"c43d5fa0-550e-533f-a5cd-49549c87c61f"
"""What the request with photos was called when it was recorded."""


async def replay(world: World, name: str, id: str = "") -> httpx.Response:
    """Send a recorded request once more, byte for byte but for key and id."""
    head, _, content = (RECORDED / f"{name}.http").read_bytes().partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    method, url = line.split(" ")[:2]
    headers = dict(one.split(": ", 1) for one in rest if not one.startswith("Content-Length"))
    content = content.replace(b"KEY", APP.encode()).replace(ITS_ID, id.encode())
    url = url.replace(ITS_ID.decode(), id).replace("KEY", APP)
    return await world.client.request(method, url, content=content, headers=headers)


def told(answer: httpx.Response, name: str) -> list[str | None]:
    assert answer.is_success, answer.text
    return [one.findtext(name) for one in tree(answer.content)]


async def test_it_finds_what_it_may_report_and_reports_it_with_its_photos(world: World) -> None:
    assert "road-lamp" in told(await replay(world, "services"), "service_code")
    assert (await replay(world, "definition")).is_success
    [plain] = told(await replay(world, "request"), "service_request_id")
    [with_photos] = told(await replay(world, "request_with_photos"), "service_request_id")
    assert len({plain, with_photos}) == 2
    first, second = await world.told()
    assert first["answers"] == {"media_url": "https://fixmystreet.example/photo/80.0.full.jpeg"}
    assert first["text"].startswith("title: 路灯不亮\n\ndetail: 佛堂镇寺前街的路灯坏了三天。")
    assert [one["media_type"] for one in second["attachments"]] == ["image/jpeg"] * 2
    for one in second["attachments"]:
        status, content = await got(world, one["id"])
        assert (status, MAKER.encode() in content) == (200, False)
    assert second["answers"] == {"app": "FixMyStreet"}
    assert told(await replay(world, "request_with_photos"), "service_request_id") == [with_photos], "sent once more"


async def test_it_adds_words_and_photos_once_and_reads_what_became_of_it(world: World) -> None:
    [id] = told(await replay(world, "request_with_photos"), "service_request_id")
    assert id is not None
    await world.told()
    for _ in range(2):
        assert told(await replay(world, "update", id), "update_id") == [f"{id}.38362"]
        assert told(await replay(world, "update_with_photo", id), "update_id") == [f"{id}.38363"]
    added = [one for one in await world.told() if "answers_question" in one]
    assert [(one["text"], len(one["attachments"])) for one in added] == [("今晚还是不亮。", 0), ("今晚还是不亮。", 1)]
    await world.hear(id, names.ISSUE_ASSIGNED, assigned())
    assert told(await replay(world, "requests", id), "service_request_id") == [id]
    assert told(await replay(world, "updates"), "service_request_id") == [id]
