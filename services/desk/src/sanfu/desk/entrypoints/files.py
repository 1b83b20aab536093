"""Files of a case: kept, listed, given out by links that end soon."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from sanfu.desk.domain.files import ENDINGS
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.commanding import Who
from sanfu.desk.entrypoints.http import CaseId
from sanfu.desk.evidence import Evidence, Link
from sanfu.runtime.bodies import Body
from sanfu.runtime.http import own_router
from sanfu.runtime.texts import Line

HARMLESS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""A file is saved, not shown: whatever is in it runs nowhere."""
UPLOADS: Final = "/v1/cases/*/evidence"
FileId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


class LinkAsked(Body):
    """What a file is read for; needed where the case is confidential or sealed."""

    purpose: Annotated[str, Line(300, 2)] | None = None


def routes(evidence: Evidence, who: Who) -> APIRouter:
    router = own_router("/v1", tags=["evidence"])

    @router.post("/cases/{case}/evidence", status_code=201, operation_id="keep_evidence")
    async def keep(
        case: CaseId, request: Request, response: Response, viewer: Annotated[Viewer, Depends(who)],
        public: Annotated[bool, Query()] = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Keep a file with a case; the body is the file: JPEG, PNG, WebP or PDF. Answers with what a command names it
        by. Pictures are drawn anew, without EXIF; the same file again is kept once (200)."""
        kept, fresh = await evidence.keep(viewer, case, request.stream(), public=public)
        response.status_code = 201 if fresh else 200
        return kept

    @router.get("/cases/{case}/evidence", operation_id="list_evidence")
    async def files(case: CaseId, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """The files that desk keeps of a case."""
        return {"items": await evidence.shown(viewer, case)}

    @router.post("/cases/{case}/evidence/{file}/link", operation_id="link_evidence")
    async def link(
        case: CaseId, file: FileId, asked: LinkAsked, viewer: Annotated[Viewer, Depends(who)]
    ) -> dict[str, str]:
        """Make a link to a file, good for five minutes, for whoever has it."""
        made = await evidence.link(viewer, case, file, asked.purpose)
        return {"url": made.url, "until": made.until}

    @router.get("/evidence/{file}", operation_id="read_evidence", response_class=StreamingResponse)
    async def read(
        file: FileId, until: Annotated[str, Query(max_length=30)], signature: Annotated[str, Query(max_length=64)]
    ) -> StreamingResponse:
        """A file, for who has a link that has not ended."""
        kept, chunks = await evidence.open(Link(file, until, signature))
        named = f'attachment; filename="{file[:8]}.{ENDINGS.get(kept.media_type, "bin")}"'
        headers = {**HARMLESS, "Content-Disposition": named, "Content-Length": str(kept.size)}
        return StreamingResponse(chunks, media_type=kept.media_type, headers=headers)

    return router
