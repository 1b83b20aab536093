"""The running services as the command line meets them: over HTTP, with the keys of those in whose name it speaks."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from sanfu.intake.domain import ids
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack

Json = dict[str, Any]
PAGE = 200


class Doors:
    """One client for all services of a stack. An answer that nobody expects raises PartError with its words."""

    def __init__(self, stack: Stack) -> None:
        if not stack.status().up:
            raise PartError(_not_up(stack))
        self.urls, self._keys = stack.urls, stack.keys
        self.services = tuple(name for name in self.urls if name != "sinks")
        self._client = httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=64))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, one: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._client.aclose()

    # ── intake ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def submit(self, body: Json) -> Json:
        """Send a report in its channel's name; without a key where the channel is public."""
        key = self._keys.channels.get(body["channel"])
        headers = {"X-Api-Key": key} if key else {"Idempotency-Key": f"demo-{body['external_id']:0>16}"}
        return await self._ask("POST", "intake", "/v1/issues", json=body, headers=headers)

    async def send_form(self, fields: Mapping[str, str], language: str, key: str) -> Json:
        """Send the public form as a browser does, and read the receipt that it leads to."""
        answer = await self._send("POST", "intake", "/report", params={"lang": language}, data={**fields, "key": key})
        where = urlsplit(answer.headers.get("location", ""))
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise PartError(f"the form was not taken: /report answered {answer.status_code}: {_alerts(answer.text)}")
        number = parse_qs(where.query)["number"][0]
        return {"id": ids.keyed("web", "key", f"form:{key}"), "receipt": number}

    async def send_open311(self, fields: Mapping[str, str], language: str, key: str) -> Json:
        """Post a request over Open311 as an app does; its notice ends with the receipt number."""
        headers = {"Idempotency-Key": key, "Accept-Language": language}
        posted = {**fields, "api_key": self._keys.channels["open311"]}
        answer = await self._send("POST", "intake", "/open311/v2/requests.json", data=posted, headers=headers)
        if not answer.is_success:
            raise PartError(f"the request was not taken: /open311 answered {answer.status_code}: {answer.text[:800]}")
        [taken] = answer.json()
        return {"id": taken["service_request_id"], "receipt": taken["service_notice"].split()[-1]}

    async def receipt(self, number: str) -> Json:
        return await self._ask("GET", "intake", f"/v1/receipts/{number}")

    async def send_list(self, file: Path, channel: str, *, dry_run: bool) -> Json:
        """Send a list in its channel's name."""
        headers = {**self._of_channel(channel), "Content-Type": "application/octet-stream"}
        content = await asyncio.to_thread(file.read_bytes)
        asked = {"dry_run": str(dry_run).lower(), "name": file.name[:200]}
        return await self._ask("POST", "intake", "/v1/imports", content=content, params=asked, headers=headers)

    async def list_progress(self, id: str, channel: str) -> Json:
        return await self._ask("GET", "intake", f"/v1/imports/{id}", headers=self._of_channel(channel))

    async def bad_rows(self, id: str, channel: str) -> AsyncIterator[Json]:
        """List the rows of a list that were not taken."""
        after: int | None = 0
        while after is not None:
            url, headers = f"/v1/imports/{id}/rows", self._of_channel(channel)
            page = await self._ask("GET", "intake", url, params={"after": after}, headers=headers)
            for row in page["items"]:
                yield row
            after = page["next"]

    def _of_channel(self, channel: str) -> dict[str, str]:
        if channel not in self._keys.channels:
            raise PartError(f"there is no key of {channel}; there are {', '.join(self._keys.channels)}")
        return {"X-Api-Key": self._keys.channels[channel]}

    # ── desk ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def order(self, user: str, of: str, command: str, body: Mapping[str, Any], key: str) -> Json:
        """Give a command to `cases/<id>`, `orders/<id>` …; without one, make one of `meetings` or `orders`."""
        headers = {**self._as(user), "Idempotency-Key": key}
        return await self._ask("POST", "desk", f"/v1/{of}/{command}".rstrip("/"), json=dict(body), headers=headers)

    async def say(self, number: str, digits: str, command: str, said: Mapping[str, str], key: str) -> None:
        """Say something on the party's own page, as its form does: in by the number and the phone's last digits."""
        entered = await self._send("POST", "desk", "/my", data={"number": number, "digits": digits})
        page = entered.headers.get("location", "").partition("?")[0]
        if entered.status_code != httpx.codes.SEE_OTHER:
            raise PartError(f"{number} can't come in with {digits}: /my answered {entered.status_code}")
        answer = await self._send("POST", "desk", f"{page}/{command}", data={**said, "key": key})
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise PartError(f"{number} can't {command}: /my answered {answer.status_code}")

    async def one_list(self, user: str, id: str) -> Json:
        """Show a list with its entries, and what was found at each."""
        return await self._ask("GET", "desk", f"/v1/lists/{id}", headers=self._as(user))

    async def affairs(self, user: str, what: str, **filters: str) -> list[Json]:
        """List orders, meetings or tasks: open ones, and ended ones with `ended="true"`."""
        return [one async for one in self._all("desk", f"/v1/{what}", filters, self._as(user))]

    async def add_to_list(self, user: str, held: str, file: Path, *, dry_run: bool, **always: str) -> Json:
        """Put on a list what a file says. A refusal that names rows comes as its answer: `bad` tells each."""
        headers = {**self._as(user), "Content-Type": "application/octet-stream"}
        content, asked = await asyncio.to_thread(file.read_bytes), {"dry_run": str(dry_run).lower(), **always}
        path = f"/v1/lists/{quote(held, safe='')}/entries"
        answer = await self._send("POST", "desk", path, content=content, params=asked, headers=headers)
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY and answer.json()["type"].endswith(":bad-rows"):
            return {"rows": None, "added": 0, "repeated": 0, "ignored": [], "bad": answer.json()["errors"]}
        return _sound(answer)

    async def history(self, user: str, case: str) -> list[Json]:
        """List all that happened to a case: it shows the last of it only."""
        return [one async for one in self._all("desk", f"/v1/cases/{case}/history", {}, self._as(user))]

    async def keep(self, user: str, case: str, file: bytes) -> Json:
        """Keep a file with a case; return what a command names it by."""
        headers = {**self._as(user), "Content-Type": "application/octet-stream"}
        return await self._ask("POST", "desk", f"/v1/cases/{case}/evidence", content=file, headers=headers)

    async def case(self, user: str, id: str) -> Json | None:
        """Return a case; None if it is not one of the user's."""
        answer = await self._send("GET", "desk", f"/v1/cases/{id}", headers=self._as(user))
        return None if answer.status_code == httpx.codes.NOT_FOUND else _sound(answer)

    async def cases(self, user: str, **filters: str) -> list[Json]:
        return [one async for one in self._all("desk", "/v1/cases", filters, self._as(user))]

    async def access(self, user: str, case: str, lang: str) -> Json:
        """Say why somebody can or can't see a case."""
        asked = {"user": user, "case": case, "lang": lang}
        return await self._ask("GET", "desk", "/ops/access", params=asked, headers=self._operator())

    async def counts(self, user: str) -> Json:
        return await self._ask("GET", "desk", "/v1/counts", headers=self._as(user))

    # ── router ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def account(self, issue: str) -> Json:
        """Say why an issue went where it went."""
        return await self._ask("GET", "router", f"/v1/issues/{quote(issue, safe='')}/explain", headers=self._operator())

    # ── sla, notify, sinks ───────────────────────────────────────────────────────────────────────────────────────────

    async def clocks(self, **filters: str) -> list[Json]:
        return [one async for one in self._all("sla", "/v1/clocks", filters, self._operator())]

    async def explanation(self, issue: str, clock: str) -> Json:
        return await self._ask("GET", "sla", f"/v1/clocks/{issue}/{clock}/explanation", headers=self._operator())

    async def clocks_of(self, issue: str) -> Json:
        return await self._ask("GET", "sla", f"/v1/clocks/{issue}", headers=self._operator())

    async def deliveries(self) -> list[Json]:
        return [one async for one in self._all("notify", "/v1/deliveries", {}, self._operator())]

    async def letters(self, box: str) -> list[Json]:
        """List what is in an inbox: of `user:CODE` or `unit:CODE`."""
        return [one async for one in self._all("notify", "/v1/inbox", {"of": box}, self._operator())]

    async def messages(self, medium: str) -> Json:
        return await self._ask("GET", "sinks", f"/{medium}", params={"limit": 10_000})

    # ── operators ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def quiet(self, *, within: float = 0, at: str = "") -> dict[str, Json]:
        """Ask all services whether they are quiet; each waits for it, and for that instant, so many seconds."""
        asked = {"within": within, "at": at}
        answers = await asyncio.gather(
            *(self._ask("GET", name, "/ops/quiet", params=asked, headers=self._operator()) for name in self.services)
        )
        return dict(zip(self.services, answers, strict=True))

    async def dead_letters(self, service: str) -> list[Json]:
        """List a service's dead letters, without their bodies."""
        found: list[Json] = (await self._ask("GET", service, "/ops/dlq", headers=self._operator()))["items"]
        return found

    async def dead_letters_of(self, service: str, subject: str) -> Json:
        """Show one subject's dead letters with their bodies, and whether it is parked."""
        return await self._ask("GET", service, f"/ops/dlq/{subject}", headers=self._operator())

    # ── replans ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def replan(self, pack: str | None) -> Json:
        """Begin a replan, or show the one that runs by the same pack."""
        return await self._ask("POST", "sla", "/v1/replan", json={"pack": pack}, headers=self._operator())

    async def replan_progress(self) -> Json:
        return await self._ask("GET", "sla", "/v1/replan", headers=self._operator())

    async def replan_changes(self) -> AsyncIterator[Json]:
        """Give what a replan would change, one clock at a time, and the counts at last."""
        url = self.urls["sla"] + "/v1/replan/changes"
        async with self._client.stream("GET", url, headers=self._operator()) as answer:
            if answer.status_code != httpx.codes.OK:
                await answer.aread()
                _sound(answer)
            async for line in answer.aiter_lines():
                yield json.loads(line)

    async def replay(self, service: str, subject: str, skip: Sequence[str]) -> Json:
        return await self._ask(
            "POST", service, f"/ops/dlq/{subject}/replay", params={"skip": list(skip)}, headers=self._operator()
        )

    # ── how ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _all(
        self, service: str, path: str, filters: Mapping[str, str], headers: Mapping[str, str]
    ) -> AsyncIterator[Json]:
        cursor: dict[str, str] = {}
        while True:
            asked = {"limit": str(PAGE), **filters, **cursor}
            page = await self._ask("GET", service, path, params=asked, headers=headers)
            for item in page["items"]:
                yield item
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}

    def _as(self, user: str) -> dict[str, str]:
        if user not in self._keys.users:
            raise PartError(f"there is no token of {user}: ./sanfu keys shows whose there are")
        return {"Authorization": f"Bearer {self._keys.users[user]}"}

    def _operator(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._keys.ops_token}"}

    async def _ask(self, method: str, service: str, path: str, **more: Any) -> Json:
        return _sound(await self._send(method, service, path, **more))

    async def _send(self, method: str, service: str, path: str, **more: Any) -> httpx.Response:
        if service not in self.urls:
            raise PartError(f"there is no {service} in this stack; there are {', '.join(self.urls)}")
        try:
            return await _said_again(lambda: self._client.request(method, self.urls[service] + path, **more))
        except httpx.HTTPError as error:
            raise PartError(f"{service} does not answer at {self.urls[service]}: {type(error).__name__}") from error


def _not_up(stack: Stack) -> str:
    """Say what is to be done about a stack that is not wholly up."""
    name = stack.plan.name
    ill = [program for program, one in stack.status().programs.items() if one["state"] not in {"ready", "done"}]
    if ill and stack.status().phase in {"up", "starting"}:
        return f"{name} is not wholly up: {', '.join(ill)}; ./sanfu logs {ill[0]} --name {name} says why"
    return f"{name} is not up: ./sanfu up --name {name} brings it up, ./sanfu doctor says what is wrong"


def _alerts(page: str) -> str:
    """Return what a page says is wrong."""
    return " ".join(re.findall(r'class="(?:told )?wrong"[^>]*>([^<]{1,200})', page))[:400]


async def _said_again(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Ask, and once more where the service closed an idle connection just then; keys make it safe to say again."""
    with contextlib.suppress(httpx.ReadError, httpx.RemoteProtocolError):
        return await ask()
    return await ask()


def _sound(answer: httpx.Response) -> Json:
    if answer.is_success:
        found: Json = answer.json()
        return found
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        problem = answer.json()
        at = f"{answer.request.method} {answer.request.url.path}"
        wrong = [
            f"{one['field']}: {one['expected']}" for one in problem.get("errors", ()) if {"field", "expected"} <= {*one}
        ]
        told = [problem.get("detail") or problem.get("title") or "", *wrong]
        raise PartError(f"{at}: {answer.status_code} {' '.join(told)}")
    raise PartError(f"{answer.request.method} {answer.request.url} answered {answer.status_code}: {answer.text[:800]}")
