"""Files that come with a report: kept once, bound once, told of by what they are, and gone if nobody names them."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from prometheus_client import CollectorRegistry

from sanfu.contracts import names
from sanfu.intake.adapters.attachments import MemoryAttachmentLog
from sanfu.intake.handlers.attachments import READING, SEEN, Attachments
from sanfu.intake.metrics import AttachmentMetrics
from sanfu.runtime.attachments import MemoryAttachments
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.file_links import FileLinks
from sanfu.runtime.fold import Done
from sanfu.runtime.kinds import PDF as PAPER
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.pictures import Pictures
from sanfu.runtime.uploads import Uploads
from tests.support.eventually import eventually
from tests.support.files import MAKER, PDF, SOUND, photo
from tests.unit.intake.test_adding import add, added, receipt
from tests.unit.intake.world import HOTLINE, KEYED, KEYS, NOW, OPS, World, opened, report, running

VISIT = {"X-Api-Key": KEYED["visit"]}
LINKS = FileLinks.of(KEYS, b"attachments")


async def send(
    world: World, content: bytes = PDF, headers: dict[str, str] = HOTLINE, status: int = 201
) -> dict[str, Any]:
    answer = await world.client.post("/v1/attachments", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def submit(world: World, *ids: str, status: int = 201, key: str = "k1", **more: Any) -> dict[str, Any]:
    answer = await world.post(report(attachments=[*ids], **more), {**HOTLINE, "Idempotency-Key": key})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def got(world: World, file: str, purpose: str = SEEN) -> tuple[int, bytes]:
    link = LINKS.link(file, purpose, world.clock.now()).under("/v1/attachments")
    answer = await world.client.get(link)
    return answer.status_code, answer.content


def noted(world: World) -> dict[str, Any]:
    return world.documents.others["attachments"]


async def test_a_photo_is_named_in_a_report_and_told_of_by_what_it_is(world: World) -> None:
    file = await send(world, photo())
    assert file["media_type"] == "image/jpeg"
    await submit(world, file["id"])
    [told] = await world.told()
    [one] = told["attachments"]
    assert (one["id"], one["owner"], one["size"], one["public"]) == (file["id"], "intake", file["size"], False)
    status, content = await got(world, file["id"])
    assert (status, MAKER.encode() in content) == (200, False)
    with Image.open(io.BytesIO(content)) as drawn:
        assert (drawn.size, dict(drawn.getexif())) == ((20, 40), {})


async def test_a_file_is_saved_by_a_browser_and_not_shown(world: World) -> None:
    file = await send(world, SOUND)
    await submit(world, file["id"])
    link = LINKS.link(file["id"], SEEN, world.clock.now()).under("/v1/attachments")
    answer = await world.client.get(link)
    assert answer.content == SOUND
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == f'attachment; filename="{file["id"][:8]}.mp3"'
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_the_same_report_again_is_the_same_receipt_also_with_its_files_sent_once_more(world: World) -> None:
    first, again = await send(world, photo()), await send(world, photo())
    taken = await submit(world, first["id"])
    assert (await submit(world, first["id"], status=200))["receipt"] == taken["receipt"]
    assert (await submit(world, again["id"], status=200))["receipt"] == taken["receipt"]
    assert len(await world.told()) == 1
    assert {*noted(world)} == {first["id"]}, "the second copy is nobody's, and goes at once"
    other = await send(world, PDF)
    await submit(world, other["id"], status=409)
    await submit(world, status=409)


@pytest.mark.parametrize("copies", [1, 2])
async def test_a_report_sent_twice_at_one_instant_is_one_and_keeps_its_file(world: World, copies: int) -> None:
    ids = [(await send(world, photo()))["id"] for _ in range(copies)]
    answers = await asyncio.gather(
        *(world.post(report(attachments=[ids[n % copies]]), {**HOTLINE, "Idempotency-Key": "k1"}) for n in range(8))
    )
    assert {answer.status_code for answer in answers} == {200, 201}
    assert len({answer.json()["receipt"] for answer in answers}) == 1
    [told] = await world.told()
    [file] = told["attachments"]
    assert {*noted(world)} == {file["id"]}
    world.clock.advance(timedelta(days=2))
    await asyncio.sleep(0)
    assert (await got(world, file["id"]))[0] == 200
    assert "due" not in noted(world)[file["id"]]


async def test_a_file_belongs_to_the_key_that_sent_it_and_to_one_report(world: World) -> None:
    theirs, mine = await send(world, headers=VISIT), await send(world)
    found = await submit(world, mine["id"], theirs["id"], status=422)
    assert [error["field"] for error in found["errors"]] == ["$.attachments[1]"]
    await submit(world, "f" * 32, status=422)
    await submit(world, mine["id"], mine["id"], status=422)
    answer = await world.post(report(channel="web", attachments=[mine["id"]]), {})
    assert (answer.status_code, answer.json()["errors"][0]["problem"]) == (422, "not_allowed"), "nobody knows whose"
    await submit(world, mine["id"])
    found = await submit(world, mine["id"], key="k2", status=409)
    assert found["type"].endswith("attachment-taken")
    assert len(await world.told()) == 1


async def test_a_report_that_is_refused_leaves_its_files_free(world: World) -> None:
    file = await send(world)
    await submit(world, file["id"], category="no-such-category", status=422)
    assert "issue" not in noted(world)[file["id"]]
    await submit(world, file["id"], key="k2")


async def test_a_report_has_ten_files_at_most(world: World) -> None:
    ids = [(await send(world, PDF + bytes([n])))["id"] for n in range(11)]
    found = await submit(world, *ids, status=422)
    assert found["errors"][0]["field"] == "$.attachments"
    await submit(world, *ids[:10])
    [told] = await world.told()
    assert [one["id"] for one in told["attachments"]] == ids[:10]


async def test_what_no_report_names_within_a_day_goes(world: World) -> None:
    file, bound = await send(world), await send(world, photo())
    await submit(world, bound["id"])
    world.clock.advance(timedelta(hours=23, minutes=59))
    assert {*noted(world)} == {file["id"], bound["id"]}
    world.clock.advance(timedelta(minutes=1))
    await eventually(lambda: {*noted(world)} == {bound["id"]})
    await submit(world, file["id"], key="k2", status=422)
    assert (await got(world, bound["id"]))[0] == 200


async def test_a_key_has_so_many_files_waiting_and_no_more() -> None:
    async with running(attachments_waiting=2) as world:
        one = await send(world)
        await send(world, photo())
        found = await send(world, status=429)
        assert found["type"].endswith("too-many-files-wait")
        await send(world, headers=VISIT)
        await submit(world, one["id"])
        await send(world)


async def test_what_a_confidential_report_shows_is_told_nowhere_but_in_its_sealed_original(world: World) -> None:
    file = await send(world, photo())
    await submit(world, file["id"], secrecy="confidential")
    [told] = await world.told()
    assert told["attachments"] == []
    [(_, record)] = await world.contacts()
    assert record is not None
    assert [one["id"] for one in opened(record, "original")["attachments"]] == [file["id"]]
    assert (await got(world, file["id"]))[0] == 404
    assert (await got(world, file["id"], READING))[0] == 200


async def test_what_becomes_confidential_is_opened_by_a_reading_only(world: World) -> None:
    file = await send(world, photo())
    issue = (await submit(world, file["id"]))["id"]
    by = {"id": "office-duty", "role": "coordination_office", "unit": None}
    raised = {"by": by, "before": "internal", "secrecy": "confidential", "reason": "涉及隐私", "title": None}
    await world.hear(issue, names.SECRECY_CHANGED, raised)
    assert (await got(world, file["id"]))[0] == 404
    assert (await got(world, file["id"], READING))[0] == 200


async def test_a_link_that_nobody_made_or_that_has_ended_opens_nothing(world: World) -> None:
    file = await send(world)
    assert (await got(world, file["id"]))[0] == 404, "no report has it"
    await submit(world, file["id"])
    assert (await got(world, file["id"], "something else"))[0] == 404
    foreign = FileLinks.of(KEYS, b"evidence").link(file["id"], SEEN, world.clock.now())
    assert (await world.client.get(foreign.under("/v1/attachments"))).status_code == 404
    link = LINKS.link(file["id"], SEEN, world.clock.now()).under("/v1/attachments")
    world.clock.advance(timedelta(minutes=5))
    assert (await world.client.get(link)).status_code == 404


async def test_whoever_is_erased_leaves_no_file_and_brings_none(world: World) -> None:
    file, more, other = await send(world, photo()), await send(world), await send(world, SOUND)
    taken = await submit(world, file["id"])
    await submit(world, other["id"], key="k2", party={"name": "李四", "phone": "13800000002"})
    await add(world, taken["receipt"], "请看附件。", attachments=[more["id"]])
    answer = await world.client.post("/v1/erasures", json={"phone": report()["party"]["phone"]}, headers=OPS)
    assert answer.json()["issues"] == [taken["id"]]
    assert {*noted(world)} == {other["id"]}
    late = await send(world)
    found = await add(world, taken["receipt"], "再看。", "k2", status=409, attachments=[late["id"]])
    assert found["type"].endswith("erased")
    await add(world, taken["receipt"], "没有附件。", "k2")


async def test_a_filer_who_is_erased_takes_no_file_of_the_partys(world: World) -> None:
    file = await send(world)
    await submit(world, file["id"], filer={"id": "op-1", "name": "张三", "phone": "13800000009"})
    await world.told()
    answer = await world.client.post("/v1/erasures", json={"phone": "13800000009"}, headers=OPS)
    assert answer.json()["erased"] == 1
    assert {*noted(world)} == {file["id"]}


async def test_a_photo_is_added_with_or_without_a_text_and_told(world: World) -> None:
    _, number = await receipt(world)
    one, two = await send(world, photo()), await send(world)
    await add(world, number, "就在桥头。", attachments=[one["id"]])
    await add(world, number, None, "k2", attachments=[two["id"]])
    first, second = await added(world)
    assert (first["text"], [file["id"] for file in first["attachments"]]) == ("就在桥头。", [one["id"]])
    assert (second["text"], [file["id"] for file in second["attachments"]]) == (None, [two["id"]])
    found = await add(world, number, None, "k3", status=422)
    assert found["errors"][0]["expected"] == "a text, files, or both"


async def test_an_issue_has_fifty_files_at_most(world: World) -> None:
    _, number = await receipt(world)
    for turn in range(6):
        ids = [(await send(world, PDF + bytes([turn, n])))["id"] for n in range(10)]
        await add(world, number, None, f"k{turn}", status=201 if turn < 5 else 409, attachments=ids)
    assert sum("issue" in one for one in noted(world).values()) == 50


@pytest.mark.parametrize(
    ("content", "status", "problem"),
    [
        (b"<script>alert(1)</script>", 415, "unsupported-media-type"),
        (b"", 415, "unsupported-media-type"),
        (b"GIF89a" + bytes(100), 415, "unsupported-media-type"),
        (b"\xff\xd8\xffnot a picture at all", 422, "invalid-input"),
        (photo()[:-200], 422, "invalid-input"),
        (PDF + bytes(5000), 413, "body-too-large"),
    ],
)
async def test_what_is_not_kept_is_told_why_and_leaves_nothing(content: bytes, status: int, problem: str) -> None:
    async with running(attachment_limit=4096) as world:
        answer = await world.client.post("/v1/attachments", content=_in_pieces(content), headers=HOTLINE)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, problem)
        assert not noted(world)
        metrics = (await world.client.get("/metrics")).text
        assert f'sanfu_intake_attachments_refused_total{{problem="{problem}"}} 1.0' in metrics


async def _in_pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 700):
        yield content[start : start + 700]


async def test_nobody_sends_a_file_without_a_key(world: World) -> None:
    await send(world, headers={}, status=401)
    assert not noted(world)


async def test_the_file_of_a_command_that_another_request_did_with_it_stays() -> None:
    """Of two requests at one instant one claims the file, the other, which finds it claimed, may be done first."""
    documents, clock = MemoryDocuments(), ManualClock(NOW)
    log, files = MemoryAttachmentLog(documents), MemoryAttachments()
    uploads = Uploads(files, Pictures(), (PAPER,), 1000)
    links, metrics = FileLinks(b"x"), AttachmentMetrics.on(CollectorRegistry())
    attachments = Attachments(log, uploads, documents, links, clock, metrics, 10)
    one = await attachments.take("key:1", _in_pieces(PDF))

    async def done_already(_: Any) -> Done:
        return Done("i-1", 1, {}, (), repeated=True)

    await attachments.bind([one.id], "key:1", "i-1", "submit", done_already)
    [bound] = await log.of("i-1")
    assert (bound.id, bound.due) == (one.id, None)
    copy = await attachments.take("key:1", _in_pieces(PDF))
    await attachments.bind([copy.id], "key:1", "i-1", "submit", done_already)
    assert await log.of("i-1") == [bound], "this one was sent once more"
