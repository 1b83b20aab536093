"""Evidence: what is kept, what is taken out of it, who gets it and how long, and what a command may name."""

import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image

from sanfu.contracts import names
from sanfu.desk.adapters.memory import memory_shelves
from tests.support.cases import LEADER, OFFICE, OFFICER, OTHER, PDF, Desk, Story, as_user, assigned, submitted


def photo(form: str = "JPEG", size: tuple[int, int] = (40, 20), **saved: Any) -> bytes:
    picture, out = Image.new("RGB", size, (200, 30, 30)), io.BytesIO()
    exif = picture.getexif()
    exif[0x0112], exif[0x010F] = 6, "SecretPhone"  # lies on its side; the maker
    picture.save(out, form, exif=exif, **saved)
    return out.getvalue()


async def led(desk: Desk, subject: str = "i-1", **more: Any) -> None:
    told = (("intake", names.ISSUE_SUBMITTED, submitted(**more)), ("router", names.ISSUE_ASSIGNED, assigned()))
    await desk.tell(Story(subject), *told)


async def link(desk: Desk, file: str, user: str = OFFICER, **body: Any) -> httpx.Response:
    return await desk.client.post(f"/v1/cases/i-1/evidence/{file}/link", json=body, headers=as_user(user))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_drawn_anew_upright_and_without_exif(desk: Desk, form: str) -> None:
    await led(desk)
    given = photo(form)
    assert b"SecretPhone" in given
    kept = (await desk.keep(OFFICER, "i-1", given)).json()
    assert kept["media_type"] == f"image/{form.lower()}"
    url = (await link(desk, kept["id"])).json()["url"]
    read = (await desk.client.get(url)).content
    assert b"SecretPhone" not in read
    with Image.open(io.BytesIO(read)) as drawn:
        assert (drawn.format, drawn.size, dict(drawn.getexif())) == (form, (20, 40), {})
    assert kept["size"] == len(read)


async def test_a_file_is_saved_and_not_shown_by_a_browser(desk: Desk) -> None:
    await led(desk)
    kept = (await desk.keep(OFFICER, "i-1", PDF, public=True)).json()
    assert {name: kept[name] for name in ("owner", "size", "public", "media_type")} == {
        "owner": "desk", "size": len(PDF), "public": True, "media_type": "application/pdf",
    }  # fmt: skip
    got = await desk.client.get((await link(desk, kept["id"])).json()["url"])
    assert got.content == PDF
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"] == f'attachment; filename="{kept["id"][:8]}.pdf"'
    assert "sandbox" in got.headers["content-security-policy"]
    assert "no-store" in got.headers["cache-control"]


async def test_the_same_file_again_is_kept_once(desk: Desk) -> None:
    await led(desk)
    first, again = await desk.keep(OFFICER, "i-1", PDF), await desk.keep(OFFICER, "i-1", PDF)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    listed = (await desk.get(OFFICER, "/v1/cases/i-1/evidence")).json()["items"]
    assert [(one["id"], one["by"]) for one in listed] == [(first.json()["id"], OFFICER)]


async def test_a_link_ends_and_can_not_be_made_up(desk: Desk) -> None:
    await led(desk)
    url = (await link(desk, (await desk.keep(OFFICER, "i-1", PDF)).json()["id"])).json()["url"]
    assert (await desk.client.get(url.replace("until=2026", "until=2036"))).status_code == 404
    assert (await desk.client.get(url[:-1] + ("0" if url[-1] != "0" else "1"))).status_code == 404
    desk.clock.advance(timedelta(minutes=5))
    assert (await desk.client.get(url)).status_code == 404


async def test_files_are_for_who_sees_the_case_and_added_by_who_works_on_it(desk: Desk) -> None:
    await led(desk)
    await led(desk, "i-2")
    file = (await desk.keep(OFFICER, "i-1", PDF)).json()["id"]
    assert (await desk.keep(OTHER, "i-1", PDF)).status_code == 404
    assert (await desk.keep(LEADER, "i-1", PDF)).status_code == 403
    assert (await link(desk, file, OTHER)).status_code == 404
    assert (await link(desk, file, LEADER)).status_code == 200
    other = await desk.client.post(f"/v1/cases/i-2/evidence/{file}/link", json={}, headers=as_user(OFFICER))
    assert other.status_code == 404, "a file of another case"


async def test_a_confidential_cases_file_is_read_for_a_purpose_and_on_record(desk: Desk) -> None:
    await led(desk, secrecy="confidential", title="保密事项", text=None)
    file = (await desk.keep(OFFICER, "i-1", PDF)).json()["id"]
    assert (await link(desk, file, OFFICE)).status_code == 422
    assert (await link(desk, file, OFFICE, purpose="审查")).status_code == 200
    readings = await memory_shelves(desk.documents.others).readings.all()
    assert [(one["user"], one["what"], one["purpose"]) for one in readings] == [(OFFICE, ["evidence"], "审查")]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<script>alert(1)</script>", 415), (b"", 415), (b"\xff\xd8\xffnot a picture", 422),
        (photo()[:-200], 422), (b"%PDF-" + b"x" * 5000, 413),
    ],
)  # fmt: skip
async def test_what_is_no_picture_nor_pdf_or_too_long_is_refused(content: bytes, status: int) -> None:
    from tests.support import cases  # noqa: PLC0415

    made = cases.desk(evidence_limit=4096)
    await made.service.start()
    async with made.client:
        await led(made)
        answer = await made.keep(OFFICER, "i-1", content)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await made.get(OFFICER, "/v1/cases/i-1/evidence")).json()["items"] == []
    await made.stop()


async def test_a_picture_that_would_fill_the_memory_is_refused(desk: Desk) -> None:
    await led(desk)
    answer = await desk.keep(OFFICER, "i-1", photo("PNG", (10_000, 6_000)))
    assert (answer.status_code, answer.json()["errors"][0]["problem"]) == (422, "no_picture")


async def test_a_command_names_files_of_its_case_as_they_are(desk: Desk) -> None:
    await led(desk)
    await led(desk, "i-2")
    kept = (await desk.keep(OFFICER, "i-1", PDF)).json()
    other = (await desk.keep(OFFICER, "i-2", PDF + b"y")).json()
    await desk.order(OFFICER, "i-1", "acknowledge")
    for change, field in (
        (other, "id"), ({"id": "f" * 32}, "id"), ({"owner": "intake"}, "id"), ({"sha256": "0" * 64}, "sha256"),
        ({"size": 1}, "size"), ({"public": True}, "public"),
    ):  # fmt: skip
        said = {"result": "reached", "evidence": [{**kept, **change}]}
        answer = await desk.order(OFFICER, "i-1", "contact", said)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"$.evidence[0].{field}")
    told = await desk.order(OFFICER, "i-1", "contact", {"result": "reached", "evidence": [kept]})
    assert told.status_code == 200, told.text
    assert desk.published()[-1][1]["evidence"] == [kept]


async def test_a_command_may_name_what_intake_received_with_the_case(desk: Desk) -> None:
    received = {
        "id": "a-1", "owner": "intake", "sha256": "a" * 64, "media_type": "image/png", "size": 3, "public": False,
    }  # fmt: skip
    await led(desk, attachments=[received])
    await desk.order(OFFICER, "i-1", "acknowledge")
    told = await desk.order(OFFICER, "i-1", "contact", {"result": "reached", "evidence": [received]})
    assert told.status_code == 200, told.text
