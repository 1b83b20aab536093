"""Lists over HTTP: a file comes in, and one asks how far it is."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request
from pydantic import TypeAdapter, ValidationError

from sanfu.city.model.pack import Pack
from sanfu.intake.entrypoints.reports import Report
from sanfu.intake.handlers.channels import Channels, sender_of
from sanfu.intake.handlers.imports import Imports
from sanfu.intake.ports import Import
from sanfu.runtime import texts
from sanfu.runtime.problems import expected, field_path
from sanfu.runtime.rules import Refusal
from sanfu.runtime.unnamed import kept

IMPORTS = "/v1/imports"
TAKEN = ("text/csv", "application/csv", "application/octet-stream", "application/vnd.ms-excel")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = 200

ApiKey = Annotated[texts.Key | None, Header(alias="X-Api-Key")]
_REPORT = TypeAdapter(Report)


def read(given: Any) -> Report:
    """Read a report of a batch or a list, which is not a request's whole body. Raises Refusal 422."""
    try:
        return _REPORT.validate_python(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        placed: list[dict[str, Any]] = [{**one, "loc": ("body", *one["loc"])} for one in found]
        wrong = [{"field": field_path(e["loc"]), "problem": e["type"], "expected": expected(e, Report)} for e in placed]
        names = ", ".join(each["field"] for each in wrong)
        raise Refusal(422, "invalid-input", f"Not as it should be: {names}.", errors=wrong) from error


def plain(given: Any) -> dict[str, Any]:
    """Read a report as the rules take it. Raises Refusal 422."""
    return read(given).plain()


def routes(imports: Imports, channels: Channels, pack: Callable[[], Pack], folder: Path | None) -> APIRouter:
    """Return the routes of lists. Files rest in `folder` while they are taken in."""
    router = APIRouter(prefix="/v1", tags=["imports"])

    @router.post("/imports", status_code=202)
    async def begin(
        request: Request,
        dry_run: bool = False,
        name: Annotated[str, Query(max_length=200)] = "",
        api_key: ApiKey = None,
    ) -> dict[str, Any]:
        """Take in a list, CSV or XLSX, in the body. `dry_run`: only say what would become of which row, now. The same
        file again goes on where it had come, and shows how far it is; once it was done with, nothing is taken any more:
        `taken_before` says when it was, and the figures are those of then. Each row is a report of its own; one that
        has no number is known by what it says."""
        key = channels.known_key(pack(), api_key)
        _kind(request)
        file = await kept(request.stream(), folder)
        try:
            one = await imports.begin(pack(), file, name, sender_of(key), dry=dry_run)
        except BaseException:
            file.close()
            raise
        return {**_shown(one), "taken_before": one.ended_at if one.state == "done" else None}

    router.include_router(_asking(imports, channels, pack))
    return router


def _asking(imports: Imports, channels: Channels, pack: Callable[[], Pack]) -> APIRouter:
    router = APIRouter()

    @router.get("/imports/{id}")
    async def show(id: str, api_key: ApiKey = None) -> dict[str, Any]:
        """Show how far a list of this key's channel is. `state`: waiting, running, done, failed, or lost: then the same
        file is to be sent again, and goes on."""
        return _shown(await own(id, api_key))

    @router.get("/imports/{id}/rows")
    async def bad_rows(
        id: str,
        after: Annotated[int, Query(ge=0, le=10**9)] = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
        api_key: ApiKey = None,
    ) -> dict[str, Any]:
        """List the rows that were not taken, by their line in the file, with what would be right."""
        one = await own(id, api_key)
        found = await imports.log.bad_rows(one.id, after, limit)
        items = [{"line": line, "errors": list(errors)} for line, errors in found]
        return {"items": items, "next": items[-1]["line"] if len(items) == limit else None}

    async def own(id: str, api_key: str | None) -> Import:
        channel = channels.keyed(pack(), api_key)
        one = await imports.known(id)
        if one is None or one.channel != channel:
            raise Refusal(404, "no-such-import", "This channel has sent no such list.")
        return one

    return router


def _kind(request: Request) -> None:
    """Raises Refusal 415 for what is called something else than a list."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in (*TAKEN, XLSX):
        error = {"field": "header.Content-Type", "problem": "not_taken", "expected": f"text/csv or {XLSX}"}
        raise Refusal(415, "unsupported-media-type", f"header.Content-Type: text/csv or {XLSX}.", errors=[error])


_OURS: Final = frozenset({"pack", "copy", "alive", "dry"})
"""Of an import, what its sender is not told, or under another name."""


def _shown(one: Import) -> dict[str, Any]:
    shown = {name: value for name, value in asdict(one).items() if name not in _OURS}
    return {**shown, "dry_run": one.dry, "bad_rows": f"{IMPORTS}/{one.id}/rows"}
