"""The doors: passwords, waits after wrong ones, sessions that can be ended, forms that no other site can send."""

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest

from sanfu.desk.entrypoints.door_words import DOOR
from tests.support import cases
from tests.support.cases import ADMINISTRATOR, LEADER, OFFICER, Desk, as_user, token

GOOD = "correct horse battery"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = cases.desk()
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()


async def first_password(desk: Desk, user: str = OFFICER) -> str:
    answer = await desk.client.post(f"/v1/users/{user}/password", headers=as_user(ADMINISTRATOR))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["password"])


async def enter(client: httpx.AsyncClient, user: str, password: str, **headers: str) -> httpx.Response:
    return await client.post("/login?lang=en", data={"account": user, "password": password}, headers=headers)


async def change(client: httpx.AsyncClient, old: str, new: str, again: str | None = None) -> httpx.Response:
    page = await client.get("/password?lang=en")
    found = re.search(r'name="form" value="([0-9a-f]+)"', page.text)
    assert found is not None
    said = {"form": found[1], "old": old, "new": new, "again": new if again is None else again}
    return await client.post("/password?lang=en", data=said)


async def settled(desk: Desk, user: str = OFFICER) -> None:
    """Give somebody the good password."""
    first = await first_password(desk, user)
    await enter(desk.client, user, first)
    assert (await change(desk.client, first, GOOD)).status_code == 200
    desk.client.cookies.clear()


def another(desk: Desk, address: str = "10.0.0.9") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=desk.service.app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://desk")


async def test_a_first_password_opens_nothing_but_the_page_on_which_it_is_changed(desk: Desk) -> None:
    first = await first_password(desk)
    assert (await enter(desk.client, OFFICER, first)).status_code == 303
    assert (await desk.client.get("/board")).headers["location"].startswith("/password")
    assert (await desk.client.get("/v1/live")).status_code == 403
    assert (await change(desk.client, first, GOOD)).status_code == 200
    assert (await desk.client.get("/board")).status_code == 200
    desk.client.cookies.clear()
    assert (await enter(desk.client, OFFICER, first)).status_code == 401
    assert (await enter(desk.client, OFFICER, GOOD)).status_code == 303


async def test_the_cookie_is_for_this_site_and_no_script(desk: Desk) -> None:
    await settled(desk)
    cookie = (await enter(desk.client, OFFICER, GOOD)).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie, "only where it was said that pages are served over https"


async def test_no_password_token_or_cookie_is_kept_as_it_is(desk: Desk) -> None:
    await settled(desk)
    await enter(desk.client, OFFICER, GOOD)
    kept = str(desk.documents.others)
    for secret in (GOOD, desk.client.cookies["sanfu_desk"], token(OFFICER), token(LEADER)):
        assert secret not in kept
    assert "$argon2id$" in kept


@pytest.mark.parametrize("password", ["short", OFFICER + "-2026", GOOD, "x" * 129])
async def test_a_weak_password_is_refused_and_the_old_one_stays(desk: Desk, password: str) -> None:
    await settled(desk)
    await enter(desk.client, OFFICER, GOOD)
    answer = await change(desk.client, GOOD, password)
    assert (answer.status_code, DOOR["en"]["weak"] in unescape(answer.text)) == (422, True)
    desk.client.cookies.clear()
    assert (await enter(desk.client, OFFICER, GOOD)).status_code == 303


async def test_two_new_passwords_that_differ_change_nothing(desk: Desk) -> None:
    await settled(desk)
    await enter(desk.client, OFFICER, GOOD)
    answer = await change(desk.client, GOOD, "another good one", "another good two")
    assert DOOR["en"]["differ"] in answer.text


async def test_who_came_by_a_token_sets_a_first_password_without_an_old_one(desk: Desk) -> None:
    await desk.client.post("/login", data={"token": token(OFFICER)})
    assert (await change(desk.client, "", GOOD)).status_code == 200
    desk.client.cookies.clear()
    assert (await enter(desk.client, OFFICER, GOOD)).status_code == 303


async def test_wrong_ones_have_to_wait_and_whoever_waits_is_told_how_long(desk: Desk) -> None:
    await settled(desk)
    for _ in range(5):
        assert (await enter(desk.client, OFFICER, "wrong wrong wrong")).status_code == 401
    answer = await enter(another(desk), OFFICER, GOOD)
    assert (answer.status_code, "Too many tries" in answer.text) == (429, True), "also from elsewhere, also if right"
    assert 0 < int(answer.headers["retry-after"]) <= 30
    assert (await desk.get(OFFICER, "/v1/counts")).status_code == 200, "who is at work goes on"


async def test_an_unknown_account_is_answered_as_a_wrong_password_is(desk: Desk) -> None:
    await settled(desk)
    known = [await enter(desk.client, OFFICER, "wrong wrong wrong") for _ in range(6)]
    unknown = [await enter(another(desk), "nobody-here", "wrong wrong wrong") for _ in range(6)]
    assert [answer.status_code for answer in known] == [answer.status_code for answer in unknown] == [401] * 5 + [429]
    assert known[0].text == unknown[0].text


async def test_many_guesses_at_one_instant_are_as_many_tries(desk: Desk) -> None:
    await settled(desk)
    answers = await asyncio.gather(*(enter(another(desk), OFFICER, f"guess number {n}") for n in range(30)))
    assert [answer.status_code for answer in answers].count(401) == 5


async def test_one_address_that_tries_many_accounts_has_to_wait(desk: Desk) -> None:
    hacker = another(desk, "192.0.2.7")
    codes = [(await enter(hacker, f"account-{n}", "Spring2026!!")).status_code for n in range(52)]
    assert codes == [401] * 50 + [429] * 2
    await settled(desk)
    assert (await enter(desk.client, OFFICER, GOOD)).status_code == 303, "all others go on"


async def test_a_new_password_ends_all_other_sessions_of_the_account(desk: Desk) -> None:
    await settled(desk)
    elsewhere = another(desk)
    await enter(elsewhere, OFFICER, GOOD)
    await enter(desk.client, OFFICER, GOOD)
    assert (await change(desk.client, GOOD, "another good one")).status_code == 200
    assert (await desk.client.get("/board")).status_code == 200
    assert (await elsewhere.get("/board")).status_code == 303


async def test_whoever_logs_out_everywhere_is_out_everywhere(desk: Desk) -> None:
    await settled(desk)
    elsewhere = another(desk)
    await enter(elsewhere, OFFICER, GOOD)
    await enter(desk.client, OFFICER, GOOD)
    page = await desk.client.get("/password")
    form = re.findall(r'name="form" value="([0-9a-f]+)"', page.text)[0]
    assert (await desk.client.post("/logout/everywhere", data={"form": form})).status_code == 303
    for client in (desk.client, elsewhere):
        assert (await client.get("/board")).status_code == 303


async def test_a_stolen_cookie_is_worth_nothing_after_logging_out(desk: Desk) -> None:
    await settled(desk)
    await enter(desk.client, OFFICER, GOOD)
    cookie = desk.client.cookies["sanfu_desk"]
    await desk.client.post("/logout")
    assert (await another(desk).get("/board", headers={"Cookie": f"sanfu_desk={cookie}"})).status_code == 303


async def test_a_session_ends_with_the_account_and_after_its_time(desk: Desk) -> None:
    await settled(desk)
    await enter(desk.client, OFFICER, GOOD)
    closed = {"active": False}
    assert (
        await desk.client.patch(f"/v1/users/{OFFICER}", json=closed, headers=as_user(ADMINISTRATOR))
    ).status_code == 200
    assert (await desk.client.get("/board")).status_code == 303
    assert (await desk.get(OFFICER, "/v1/counts")).status_code == 401
    assert (await enter(desk.client, OFFICER, GOOD)).status_code == 401


async def test_a_form_of_another_site_or_another_session_changes_nothing(desk: Desk) -> None:
    await settled(desk)
    await enter(desk.client, OFFICER, GOOD)
    said = {"old": GOOD, "new": "another good one", "again": "another good one"}
    assert (await desk.client.post("/password", data=said)).status_code == 403
    assert (await desk.client.post("/password", data={**said, "form": "0" * 64})).status_code == 403
    foreign = {"Origin": "https://evil.example"}
    assert (await enter(desk.client, OFFICER, GOOD, **foreign)).status_code == 403
    assert (await enter(desk.client, OFFICER, GOOD, **{"Sec-Fetch-Site": "cross-site"})).status_code == 403
    desk.client.cookies.clear()
    assert (await enter(desk.client, OFFICER, GOOD)).status_code == 303, "the password is the old one"


async def test_what_is_written_in_a_form_is_shown_escaped(desk: Desk) -> None:
    answer = await enter(desk.client, '"><script>alert(1)</script>', "x")
    assert "<script>alert" not in answer.text


async def test_where_there_are_no_passwords_a_token_still_opens() -> None:
    made = cases.desk(passwords=False)
    await made.service.start()
    async with made.client:
        assert 'name="password"' not in (await made.client.get("/login")).text
        assert (await enter(made.client, OFFICER, GOOD)).status_code == 401
        assert (await made.client.get("/password")).status_code == 404
        assert (await made.client.post("/login", data={"token": token(OFFICER)})).status_code == 303
    await made.stop()


def test_every_word_of_the_door_has_both_languages() -> None:
    assert DOOR["zh"].keys() == DOOR["en"].keys()
