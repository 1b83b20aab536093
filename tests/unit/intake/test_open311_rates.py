"""Over Open311 nobody comes more often than the city lets: questions by address, what is sent by key."""

import pytest

from tests.unit.intake.open311 import LAMP, V2, post, taken, wrong
from tests.unit.intake.world import APP, running


@pytest.mark.parametrize("format", ["xml", "json"])
async def test_who_asks_too_often_is_told_when_to_come_again_in_the_standards_words(format: str) -> None:
    async with running(open311_reading="3/minute") as world:
        paths = (f"{V2}/requests.{format}", f"{V2}/services.{format}", f"{V2}/requests/x.{format}")
        for path in paths:
            assert (await world.client.get(path)).status_code in (200, 404)
        for path in (*paths, f"/open311/discovery.{format}"):
            answer = await world.client.get(path)
            [told] = wrong(answer, 429)
            assert "3 per 1 minute questions over Open311 from one address" in told
            assert 0 < int(answer.headers["retry-after"]) <= 60
        assert taken(await post(world)), "who has a key is counted by that"


async def test_who_sends_too_much_with_one_key_is_told_so_and_nothing_of_it_is_read() -> None:
    async with running(open311_writing="2/minute") as world:
        for n in "ab":
            taken(await post(world, description=n))
        answer = await post(world, "requests.xml", description="c")
        assert "2 per 1 minute requests and updates with one key" in wrong(answer, 429)[0]
        assert int(answer.headers["retry-after"]) > 0
        files = {"media": ("a.jpg", b"%PDF-1.7\n" + b"x" * 99)}
        answer = await world.client.post(f"{V2}/requests.json", data=LAMP, files=files)
        assert wrong(answer, 429)
        assert world.documents.others["attachments"] == {}
        assert len(await world.told()) == 2
        assert (await world.client.get(f"{V2}/requests.json")).status_code == 200


async def test_who_tries_keys_is_counted_by_address() -> None:
    async with running(open311_reading="2/minute") as world:
        for n in range(2):
            assert wrong(await post(world, api_key=f"{n}".ljust(40, "x")), 403)
        assert wrong(await post(world, api_key="y" * 40), 429)
        assert taken(await post(world, api_key=APP))


async def test_all_who_come_are_counted_by_what_they_want_and_what_they_are_told() -> None:
    async with running(open311_reading="3/minute") as world:
        taken(await post(world))
        for _ in range(4):
            await world.client.get(f"{V2}/requests.xml")
        assert wrong(await post(world, lat="x"))
        metrics = (await world.client.get("/metrics")).text
        for operation, status, count in (
            ("submit", 201, 1),
            ("submit", 400, 1),
            ("listed", 200, 3),
            ("listed", 429, 1),
        ):
            line = f'sanfu_intake_open311_requests_total{{operation="{operation}",status="{status}"}} {count}.0'
            assert line in metrics
