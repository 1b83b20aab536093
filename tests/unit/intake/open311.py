"""A client of Open311, and how its tests read what it is answered."""

from typing import Any
from xml.etree import ElementTree

import httpx

from tests.unit.intake.world import APP, World

V2 = "/open311/v2"
LAMP = {
    "api_key": APP,
    "service_code": "road-lamp",
    "lat": "29.3068",
    "long": "120.075",
    "description": "路灯坏了三天。",
}
UPDATE = {
    "api_key": APP, "update_id": "17", "status": "OPEN", "updated_datetime": "2026-03-02T09:30:00+08:00",
    "description": "王小明说灯还是不亮。", "first_name": "小明", "last_name": "王", "email": "w@mail.example",
}  # fmt: skip


async def post(world: World, path: str = "requests.json", **fields: Any) -> httpx.Response:
    form = {name: value for name, value in {**LAMP, **fields}.items() if value is not None}
    return await world.client.post(f"{V2}/{path}", data=form)


async def get(world: World, path: str, **query: Any) -> Any:
    answer = await world.client.get(f"{V2}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def taken(answer: httpx.Response, status: int = 201) -> str:
    assert answer.status_code == status, answer.text
    id: str = answer.json()[0]["service_request_id"]
    return id


def tree(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314 (it is our own answer)


def wrong(answer: httpx.Response, status: int = 400) -> list[str]:
    """Return what the errors say, up to the cure; each has the answer's own status for a code."""
    assert answer.status_code == status, answer.text
    if answer.headers["content-type"].startswith("text/xml"):
        root = tree(answer.content)
        found = [{one.tag: one.text for one in error} for error in root]
        assert (root.tag, {error.tag for error in root}) == ("errors", {"error"})
    else:
        found = answer.json()
    assert [str(error["code"]) for error in found] == [str(status)] * len(found)
    return [str(error["description"]).partition("; expected")[0] for error in found]


async def add(world: World, id: str, **fields: str | None) -> httpx.Response:
    form = {name: value for name, value in {**UPDATE, "service_request_id": id, **fields}.items() if value is not None}
    return await world.client.post(f"{V2}/servicerequestupdates.json", data=form)
