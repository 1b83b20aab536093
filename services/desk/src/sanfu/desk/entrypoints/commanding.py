"""How a command comes in over HTTP, on a case or an affair alike: by whom, on what, what is said, under which key."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Path, Response

from sanfu.desk.domain.scope import Viewer
from sanfu.runtime import texts
from sanfu.runtime.bodies import Body
from sanfu.runtime.direct import DirectRoute
from sanfu.runtime.fold import Done
from sanfu.runtime.http import own_router
from sanfu.runtime.rules import Refusal

Who = Callable[..., Awaitable[Viewer]]
Key = Annotated[texts.Key, Header(alias="Idempotency-Key")]
Match = Annotated[str | None, Header(alias="If-Match", max_length=40)]
_VERSION = re.compile(r'(?:W/)?"?(\d{1,15})"?')


@dataclass(frozen=True, slots=True)
class How:
    """The headers of a command."""

    key: Key
    if_match: Match = None


Do = Callable[[Viewer, str, dict[str, Any], How], Awaitable[tuple[Done, Mapping[str, Any]]]]
"""Does a command: by whom, on what, what was said, how. Returns what came of it, and what is answered besides."""


class Commands:
    """Routes of commands: many come, and each is read in one step. `who` says who asks."""

    def __init__(self, tag: str, who: Who) -> None:
        self.router = own_router("/v1", tags=[tag], route_class=DirectRoute)
        self._who = who

    def add(self, path: str, operation: str, model: type[Body], do: Do) -> None:
        """Add the route of a command. `path` has one open piece: on what it is done."""
        on = path.partition("{")[2].partition("}")[0]

        @self.router.post(path, operation_id=operation, summary=title(model), response_model=dict[str, Any])
        async def command(
            subject: Annotated[str, Path(alias=on, min_length=1, max_length=300)],
            body: model,  # type: ignore[valid-type]
            viewer: Annotated[Viewer, Depends(self._who)],
            key: Key,
            if_match: Match = None,
        ) -> Response:
            said: dict[str, Any] = body.model_dump(mode="json")  # type: ignore[attr-defined]
            done, more = await do(viewer, subject, said, How(key, if_match))
            answer = orjson.dumps({**answered(subject, done), **more})
            return Response(answer, media_type="application/json", headers=tagged(done))


def answered(subject: str, done: Done) -> dict[str, Any]:
    """Say what came of a command."""
    return {"id": subject, "version": done.ver, "state": done.state["state"], "repeated": done.repeated}


def tagged(done: Done) -> dict[str, str]:
    return {"ETag": f'"{done.ver}"'}


def title(model: type[Body]) -> str:
    return (model.__doc__ or "").split("\n")[0]


def version_of(given: str | None) -> int | None:
    """Read an If-Match header. Raises Refusal 422."""
    if given is None or given == "*":
        return None
    if found := _VERSION.fullmatch(given):
        return int(found[1])
    wrong = {"field": "header.If-Match", "problem": "no_version", "expected": '"7": the version that you saw'}
    raise Refusal(422, "invalid-input", "Not as it should be: header.If-Match.", errors=[wrong])
