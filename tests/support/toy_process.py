"""The toy service as a process of its own: `python -m tests.support.toy_process`, settings from the environment."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from sanfu.runtime.rules import Actor, Command
from sanfu.runtime.service import Service, real_parts, run
from sanfu.runtime.settings import ServiceSettings
from tests.support import toy


class Addition(BaseModel):
    """A command over HTTP."""

    value: int
    key: str


def make() -> Service:
    settings = ServiceSettings()
    parts = real_parts(settings, "toy")
    router = APIRouter()
    service = Service(
        name="toy", rules=toy.ToyRules(), parts=parts, settings=settings, codec=toy.ToyCodec(), story=toy.STORY,
        routers=[router], prepare=parts.documents.prepare,
    )  # fmt: skip

    @router.post("/v1/toys/{subject}")
    async def add(subject: str, addition: Addition) -> dict[str, Any]:
        command = Command("add", {"value": addition.value}, Actor("tester", "tester"), addition.key)
        done = await service.commands.do(subject, command)
        return {"ver": done.ver, "repeated": done.repeated}

    return service


if __name__ == "__main__":
    run(make)
