"""A client that asks, sends and reads as FixMyStreet's does (mysociety/fixmystreet, perllib/Open311.pm): XML only, the
same fields under the same names, and the same things overlooked."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import httpx

from sanfu.contracts.envelope import moment

LISTS = {"services", "attributes", "values", "service_requests", "service_request_updates", "errors", "groups"}
STATES = {"open": "confirmed", "fixed": "fixed - council", "closed": "closed", "no further action": "unable to fix",
          "not councils responsibility": "not responsible"}  # fmt: skip
"""What its `map_state` makes of a status, with its extension of them; any other stays as it is."""
VISIBLE = {*STATES.values(), "investigating", "in progress", "action scheduled", "planned", "duplicate",
           "internal referral"}  # fmt: skip
"""States that it shows; an update with another one changes none."""


@dataclass(slots=True)
class Comment:
    """What it shows below a report."""

    id: str
    text: str
    state: str


@dataclass(slots=True)
class FixMyStreet:
    """One of its sites, with a body whose endpoint is the city's. `state` and `comments`: of each report, by its id
    here."""

    http: httpx.AsyncClient
    key: str
    jurisdiction: str
    endpoint: str = "/open311/v2/"
    state: dict[str, str] = field(default_factory=dict)
    comments: dict[str, list[Comment]] = field(default_factory=dict)
    error: str = ""

    async def services(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._get("services.xml")
        return found

    async def send(self, service: str, title: str, detail: str, name: str, email: str, **more: str) -> str | None:
        """Send a report; return the id it has there, None if it failed (and is tried again later)."""
        first, _, last = name.partition(" ")
        said = {
            "description": f"title: {title}\n\ndetail: {detail}\n\nurl: https://fixmystreet.example/report/1\n\n"
            "Submitted via FixMyStreet\n",
            "service_code": service, "first_name": first, "last_name": last, "email": email, **more,
        }  # fmt: skip
        [request] = await self._post("requests.xml", said) or [{}]
        id: str | None = request.get("service_request_id") or None
        if id:
            self.state[id], self.comments[id] = "confirmed", []
        return id

    async def comment(self, id: str, number: int, text: str, name: str, at: datetime) -> str | None:
        """Send what somebody wrote below a report."""
        first, _, last = name.partition(" ")
        said = {
            "updated_datetime": at.strftime("%Y-%m-%dT%H:%M:%S+00:00"), "service_request_id": id, "status": "OPEN",
            "description": text, "last_name": last or "-", "first_name": first, "email": "someone@mail.example",
            "update_id": str(number),
        }  # fmt: skip
        [update] = await self._post("servicerequestupdates.xml", said) or [{}]
        made: str | None = update.get("update_id")
        return made

    async def fetch(self, now: datetime, hours: int = 2) -> int:
        """Fetch the updates of the last hours, as its cron job does; return how many were new."""
        begin, end = ((now - timedelta(hours=back)).strftime("%Y-%m-%dT%H:%M:%SZ") for back in (hours, 0))
        asked = {"api_key": self.key, "start_date": begin, "end_date": end}
        fresh = 0
        for update in await self._get("servicerequestupdates.xml", asked):
            id, status = update["service_request_id"], update["status"].lower().replace("_", " ")
            when = moment(update["updated_datetime"]).strftime("%Y-%m-%dT%H:%M:%SZ")
            known = self.comments.get(id)
            if not begin <= when <= end or known is None or update["update_id"] in [one.id for one in known]:
                continue
            state = STATES.get(status, status)
            known.append(Comment(update["update_id"], update["description"] or "", state))
            if state in VISIBLE:
                self.state[id] = state
            fresh += 1
        return fresh

    async def _get(self, path: str, params: dict[str, str] | None = None) -> Any:
        return self._read(await self.http.get(self.endpoint + path, params=self._asked(params)))

    async def _post(self, path: str, params: dict[str, str]) -> Any:
        return self._read(await self.http.post(self.endpoint + path, data=self._asked(params | {"api_key": self.key})))

    def _asked(self, params: dict[str, str] | None) -> dict[str, str]:
        return {**(params or {}), "jurisdiction_id": self.jurisdiction}

    def _read(self, answer: httpx.Response) -> Any:
        content = _simple(ElementTree.fromstring(answer.content))  # noqa: S314 (it is our own city's)
        if answer.is_success:
            return content
        self.error = " ".join(f"{one['code']}: {one['description']}" for one in content)
        return None


def _simple(element: ElementTree.Element) -> Any:
    """Read an element as its XML::Simple is told to: lists where it expects some, nothing for what is empty."""
    if element.tag in LISTS:
        return [_simple(one) for one in element]
    return {one.tag: _simple(one) for one in element} if len(element) else element.text
