"""Lists taken out as files."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.commanding import Who
from sanfu.desk.entrypoints.http import Asked
from sanfu.desk.entrypoints.sheets import as_csv, as_xlsx
from sanfu.desk.exports import Exports
from sanfu.desk.handlers import Desk
from sanfu.runtime.http import own_router, taken

FORMS = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def routes(desk: Desk, who: Who) -> APIRouter:
    router = own_router("/v1", tags=["exports"])
    for form in ("csv", "xlsx"):
        _exporting(router, Exports(desk), who, form)
    return router


def _exporting(router: APIRouter, exports: Exports, who: Who, form: Literal["csv", "xlsx"]) -> None:
    written, media_type = FORMS[form]
    content: dict[int | str, dict[str, Any]] = {200: {"content": {media_type.partition(";")[0]: {}}}}

    @router.get(
        f"/exports/cases.{form}", operation_id=f"export_{form}", response_class=StreamingResponse, responses=content
    )
    async def export(
        viewer: Annotated[Viewer, Depends(who)], asked: Annotated[Asked, taken(Asked)],
        language: Annotated[Literal["zh", "en"], Query(alias="lang")] = "zh",
    ) -> StreamingResponse:  # fmt: skip
        """The list that `/v1/cases` shows with the same filters, whole, as a file. Who took what is on record. Nothing
        of what a confidential case is about is in it."""
        given = {name: value for name, value in asdict(asked).items() if value is not None}
        record = await exports.begin(viewer, form, given)
        pages = exports.pages(viewer, asked.wanted(), record)
        headers = {
            "Content-Disposition": f'attachment; filename="cases.{form}"', "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }  # fmt: skip
        stream = written(pages, exports.desk.city.pack, language)
        return StreamingResponse(stream, media_type=media_type, headers=headers)
