"""Files of a case: kept, listed, given out by links that end soon."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.commanding import Who
from sanfu.desk.entrypoints.http import CaseId
from sanfu.desk.evidence import Evidence
from sanfu.runtime.bodies import Body, pieces
from sanfu.runtime.downloads import FileId, Signature, Until, saved
from sanfu.runtime.file_links import FileLink
from sanfu.runtime.http import own_router
from sanfu.runtime.texts import Line

UPLOADS: Final = "/v1/cases/*/evidence"


class LinkAsked(Body):
    """What a file is read for; needed where the case is confidential or sealed."""

    purpose: Annotated[str, Line(300, 2)] | None = None


def routes(evidence: Evidence, who: Who, reader: Who) -> APIRouter:
    router = own_router("/v1", tags=["evidence"])

    @router.post("/cases/{case}/evidence", status_code=201, operation_id="keep_evidence")
    async def keep(
        case: CaseId, request: Request, response: Response, viewer: Annotated[Viewer, Depends(who)],
        public: Annotated[bool, Query()] = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Keep a file with a case; the body is the file: JPEG, PNG, WebP or PDF. Answers with what a command names it
        by. Pictures are drawn anew, without EXIF; the same file again is kept once (200)."""
        kept, fresh = await evidence.keep(viewer, case, pieces(request), public=public)
        response.status_code = 201 if fresh else 200
        return kept

    @router.get("/cases/{case}/evidence", operation_id="list_evidence")
    async def files(case: CaseId, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """The files of a case: those that desk keeps, and those that came with the report or were added to it. Of a
        confidential or sealed one these are named by its contact alone, in `original`."""
        return {"items": await evidence.shown(viewer, case)}

    @router.post("/cases/{case}/evidence/{file}/link", operation_id="link_evidence")
    async def link(
        case: CaseId, file: FileId, asked: LinkAsked, viewer: Annotated[Viewer, Depends(reader)]
    ) -> dict[str, str]:
        """Make a link to a file, good for five minutes, for whoever has it; to intake for what came with the report."""
        url, until = await evidence.link(viewer, case, file, asked.purpose)
        return {"url": url, "until": until}

    @router.get("/evidence/{file}", operation_id="read_evidence", response_class=StreamingResponse)
    async def read(file: FileId, until: Until, signature: Signature) -> StreamingResponse:
        """A file, for who has a link that has not ended."""
        return saved(*await evidence.open(FileLink(file, until, signature)))

    @router.get("/public-evidence/{file}", operation_id="read_public_evidence", response_class=StreamingResponse)
    async def read_by_all(file: FileId, until: Until, signature: Signature) -> StreamingResponse:
        """A picture that everybody may see, for who was led here by intake; other sites may show it."""
        kept, chunks = await evidence.open_to_all(FileLink(file, until, signature))
        return saved(kept, chunks, {"Cross-Origin-Resource-Policy": "cross-origin"})

    return router
