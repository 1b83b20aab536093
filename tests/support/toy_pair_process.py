"""The service of two stories as a process of its own: `python -m tests.support.toy_pair_process`."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from sanfu.runtime.rules import Actor, Command
from sanfu.runtime.service import Service, real_parts, run
from sanfu.runtime.settings import ServiceSettings
from tests.support import toy_pair as pair


class Deed(BaseModel):
    """A command over HTTP."""

    key: str
    data: dict[str, Any]


def make() -> Service:
    settings, router = ServiceSettings(), APIRouter()
    service = pair.made(real_parts(settings, "toy"), settings, routers=[router])

    @router.post("/v1/{story}/{subject}")
    async def do(story: str, subject: str, deed: Deed) -> dict[str, Any]:
        line = service.line(pair.ORDERS if story == "orders" else pair.MATTERS)
        done = await line.commands.do(subject, Command("do", deed.data, Actor("tester", "tester"), deed.key))
        return {"ver": done.ver, "repeated": done.repeated}

    return service


if __name__ == "__main__":
    run(make)
