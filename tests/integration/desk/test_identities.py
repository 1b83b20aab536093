"""Logging in at a real provider of identities: the whole way there and back, and what must not get in."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from sanfu.desk.adapters import oidc
from sanfu.desk.entrypoints.door_words import DOOR
from sanfu.runtime.serving import Server
from sanfu.stack.programs import free_port
from tests.support import cases
from tests.support.cases import ADMINISTRATOR, LEADER, OFFICER, Desk, as_user
from tests.support.identities import CLIENT, SECRET, Wanted, provider

ACCOUNTS: dict[str, dict[str, Any]] = {
    "wang": {"email": f"{OFFICER}@yiwu.example", "email_verified": True},
    "mallory": {"email": f"{LEADER}@yiwu.example", "email_verified": False},
}


@asynccontextmanager
async def standing(port: int, issuer: str, match: str = "subject", secret: str | None = SECRET) -> AsyncIterator[Desk]:
    """Give a desk that is served, and lets people in by this provider."""
    made = cases.desk(
        oidc_issuer=issuer, oidc_client=CLIENT, oidc_secret=secret, oidc_match=match,
        oidc_redirect=f"http://127.0.0.1:{port}/login/back",
    )  # fmt: skip
    server = Server(made.service.app, "127.0.0.1", port, stop_within=1)
    await server.start()
    await made.service.start()
    try:
        yield made
    finally:
        await server.stop()
        await made.service.stop()
        await made.client.aclose()


def browser(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20)


async def way_back(client: httpx.AsyncClient, login: str) -> str:
    """Go to the provider, log in there and agree; return the address to which it sends the browser back."""
    answer = await client.get("/login/provider?lang=en")
    assert answer.status_code == 303, answer.text
    at = answer.headers["location"]
    for _ in range(12):
        if "/login/back" in at:
            return at
        answer = await client.get(at)
        if answer.is_redirect:
            at = urljoin(at, answer.headers["location"])
            continue
        action = re.search(r'action="([^"]+)"', answer.text)
        assert action is not None, answer.text
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        said = {"prompt": prompt[1] if prompt else "", "login": login, "password": "any"}
        answer = await client.post(urljoin(at, action[1]), data=said)
        at = urljoin(at, answer.headers["location"])
    raise AssertionError(f"no way back: {at}")


async def name(desk: Desk, subject: str, user: str = OFFICER) -> None:
    """Say which identity an account has."""
    answer = await desk.client.patch(f"/v1/users/{user}", json={"subject": subject}, headers=as_user(ADMINISTRATOR))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("secret", [SECRET, None])
async def test_an_identity_opens_the_account_that_has_it_and_a_code_is_good_once(secret: str | None) -> None:
    port = free_port()
    with provider(Wanted(f"http://127.0.0.1:{port}/login/back", ACCOUNTS, secret=secret)) as issuer:
        async with standing(port, issuer, secret=secret) as desk, browser(port) as client:
            await name(desk, "wang")
            back = await way_back(client, "wang")
            pending = client.cookies["sanfu_desk_login"]
            entered = await client.get(back)
            assert (entered.status_code, 'content="0; url=/board?lang=en"' in entered.text) == (200, True)
            assert (await client.get("/board")).status_code == 200
            async with browser(port) as other:
                again = await other.get(back, headers={"Cookie": f"sanfu_desk_login={pending}"})
                assert (again.status_code, again.headers.get("set-cookie", "").count("sanfu_desk=")) == (401, 0)


async def test_an_identity_without_an_account_gets_none() -> None:
    port = free_port()
    with provider(Wanted(f"http://127.0.0.1:{port}/login/back", ACCOUNTS)) as issuer:
        async with standing(port, issuer) as desk, browser(port) as client:
            answer = await client.get(await way_back(client, "stranger"))
            assert (answer.status_code, DOOR["en"]["stranger"] in answer.text) == (403, True)
            assert not any("stranger" in str(record) for record in desk.documents.others["users"].values())
            await name(desk, "stranger")
            closed = {"active": False}
            await desk.client.patch(f"/v1/users/{OFFICER}", json=closed, headers=as_user(ADMINISTRATOR))
            assert (await client.get(await way_back(client, "stranger"))).status_code == 403, "the account is closed"


async def test_what_comes_back_is_good_in_the_browser_that_began_and_for_that_login_only() -> None:
    port = free_port()
    with provider(Wanted(f"http://127.0.0.1:{port}/login/back", ACCOUNTS)) as issuer:
        async with standing(port, issuer) as desk, browser(port) as victim, browser(port) as attacker:
            await name(desk, "wang")
            theirs = await way_back(attacker, "wang")
            assert (await victim.get(theirs)).status_code == 400, "no login was begun here"
            await victim.get("/login/provider")
            assert (await victim.get(theirs)).status_code == 400, "another one was"
            code = parse_qs(urlsplit(theirs).query)["code"][0]
            await victim.get("/login/provider")
            state = victim.cookies["sanfu_desk_login"]
            mixed = await victim.get("/login/back", params={"state": state, "code": code})
            assert mixed.status_code == 401, "the verifier is of another login"
            assert (await victim.get("/board")).status_code == 303


async def test_an_address_opens_an_account_only_if_the_provider_has_verified_it() -> None:
    port = free_port()
    with provider(Wanted(f"http://127.0.0.1:{port}/login/back", ACCOUNTS)) as issuer:
        async with standing(port, issuer, match="email"), browser(port) as client, browser(port) as other:
            assert (await client.get(await way_back(client, "wang"))).status_code == 200
            assert (await client.get("/board")).status_code == 200
            assert (await other.get(await way_back(other, "mallory"))).status_code == 403


async def test_a_provider_that_changes_its_keys_or_is_away_for_a_while(monkeypatch: Any) -> None:
    port, there = free_port(), free_port()
    wanted = Wanted(f"http://127.0.0.1:{port}/login/back", ACCOUNTS)
    monkeypatch.setattr(oidc, "LOOKS_AGAIN", 0.0)
    async with standing(port, f"http://localhost:{there}") as desk:
        await name(desk, "wang")
        async with browser(port) as client:
            answer = await client.get("/login/provider?lang=en")
            assert (answer.status_code, DOOR["en"]["provider_away"] in unescape(answer.text)) == (503, True)
        for key in ("first", "second"):
            with provider(Wanted(wanted.redirect, ACCOUNTS, key=key), there):
                async with browser(port) as client:
                    assert (await client.get(await way_back(client, "wang"))).status_code == 200, key


async def test_whoever_refuses_at_the_provider_is_not_let_in() -> None:
    port = free_port()
    with provider(Wanted(f"http://127.0.0.1:{port}/login/back", ACCOUNTS)) as issuer:
        async with standing(port, issuer), browser(port) as client:
            await client.get("/login/provider")
            state = client.cookies["sanfu_desk_login"]
            said = {"state": state, "error": "access_denied", "error_description": "<b>no</b>"}
            answer = await client.get("/login/back", params=said)
            assert (answer.status_code, "<b>no" in answer.text) == (401, False)
