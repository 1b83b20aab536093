"""Who asks over the API: the bearer of a token; where a contact, texts or a file is read, perhaps for an officer."""

from typing import Annotated, Final, NamedTuple

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.commanding import Who
from sanfu.desk.entrypoints.commands.words import Code
from sanfu.desk.handlers import Desk
from sanfu.desk.on_behalf import OnBehalf
from sanfu.runtime.direct import directly
from sanfu.runtime.rules import Refusal

ON_BEHALF_OF: Final = "On-Behalf-Of"
Officer = Annotated[Code | None, Header(alias=ON_BEHALF_OF)]
Given = HTTPAuthorizationCredentials | None


class Identity(NamedTuple):
    """The dependencies that say who asks: themselves; who reads, which may be an officer by their unit's system."""

    who: Who
    reader: Who


def identity(desk: Desk, on_behalf: OnBehalf) -> Identity:
    bearer = HTTPBearer(auto_error=False, scheme_name="user token")

    async def bearing(given: Given) -> Viewer:
        if given is None:
            raise Refusal(401, "token-missing", "Send your token: `Authorization: Bearer …`.")
        return await desk.accounts.bearer(given.credentials)

    async def themselves(request: Request, given: Given) -> Viewer:
        viewer = await bearing(given)
        if ON_BEHALF_OF in request.headers:
            raise _not_here()
        return viewer

    async def read(request: Request) -> Viewer:
        return await themselves(request, await bearer(request))

    @directly(read)
    async def who(request: Request, given: Annotated[Given, Depends(bearer)]) -> Viewer:
        return await themselves(request, given)

    async def reader(given: Annotated[Given, Depends(bearer)], officer: Officer = None) -> Viewer:
        viewer = await bearing(given)
        return viewer if officer is None else await on_behalf.viewer(viewer, officer)

    return Identity(who, reader)


def _not_here() -> Refusal:
    """Say that nobody else is named here: what is ignored would be taken for done in that officer's name."""
    expected = "no such header here: it is for reading a contact, texts, or a file's link; a command is the unit's own"
    wrong = {"field": f"header.{ON_BEHALF_OF}", "problem": "unexpected", "expected": expected}
    return Refusal(422, "invalid-input", f"Not as it should be: header.{ON_BEHALF_OF}.", errors=[wrong])
