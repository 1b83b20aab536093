"""Files over HTTP: one comes in as a body, or with a browser's form; it is given out by a link that desk has made."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from sanfu.contracts.envelope import instant
from sanfu.intake.domain.attachments import MOST, Attachment
from sanfu.intake.entrypoints.reports import File
from sanfu.intake.handlers.attachments import Attachments
from sanfu.intake.handlers.channels import holder
from sanfu.intake.ports import ChannelKey
from sanfu.runtime.bodies import pieces
from sanfu.runtime.downloads import FileId, Signature, Until, saved
from sanfu.runtime.file_links import FileLink
from sanfu.runtime.forms import Form, read_form

ATTACHMENTS = "/v1/attachments"
Known = Callable[..., Awaitable[ChannelKey]]


def routes(attachments: Attachments, known: Known) -> APIRouter:
    """Return the routes of files; `known` is a dependency that tells a channel's key."""
    router = APIRouter(prefix="/v1", tags=["attachments"])

    @router.post("/attachments", status_code=201)
    async def keep(request: Request, key: Annotated[ChannelKey, Depends(known)]) -> File:
        """Keep a file, which is the body: a picture (JPEG, PNG, WebP), PDF or sound. The answer's `id` is named in a
        report, or in what is added to one, with the same key, within a day. Pictures are drawn anew, without EXIF;
        nobody asks what the file is called."""
        return _shown(await attachments.take(holder(key), pieces(request)))

    @router.get("/attachments/{file}", response_class=StreamingResponse)
    async def read(file: FileId, until: Until, signature: Signature) -> StreamingResponse:
        """A file, for who has a link from desk that has not ended."""
        return saved(*await attachments.open(FileLink(file, until, signature)))

    return router


async def read_with_files(attachments: Attachments, request: Request, holder: str) -> Form[Attachment]:
    """Read a browser's form and keep its files for `holder`, all of them or none: `refused` says why none.

    What is not bound afterwards is to be given up (`Attachments.give_up`). Raises Refusal as `read_form` does.
    """
    taken: list[Attachment] = []

    async def keep(content: AsyncIterator[bytes]) -> Attachment:
        taken.append(await attachments.take(holder, content))
        return taken[-1]

    try:
        form = await read_form(request, keep, MOST)
    except BaseException:
        await attachments.give_up(taken)
        raise
    if form.refused:
        await attachments.give_up(taken)
        form.files.clear()
    return form


def _shown(one: Attachment) -> File:
    return File(id=one.id, media_type=one.media_type, size=one.size, until=instant(one.due) if one.due else "")
