"""The toy service as a process of its own: `python -m tests.support.toy_process`, settings from the environment."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from sanfu.runtime.rules import Actor, Command
from sanfu.runtime.service import Service, real_parts, run
from sanfu.runtime.settings import ServiceSettings
from tests.support.toy_service import made


class Addition(BaseModel):
    """A command over HTTP."""

    value: int
    key: str


def make() -> Service:
    settings = ServiceSettings()
    router = APIRouter()
    service = made(real_parts(settings, "toy"), settings, routers=[router])

    @router.post("/v1/toys/{subject}")
    async def add(subject: str, addition: Addition) -> dict[str, Any]:
        command = Command("add", {"value": addition.value}, Actor("tester", "tester"), addition.key)
        done = await service.commands.do(subject, command)
        return {"ver": done.ver, "repeated": done.repeated}

    return service


if __name__ == "__main__":
    run(make)
