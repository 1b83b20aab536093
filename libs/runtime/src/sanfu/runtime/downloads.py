"""Files given out so that whatever is in one runs nowhere."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Final

from fastapi import Path, Query
from fastapi.responses import StreamingResponse

from sanfu.runtime.attachments import Attachment
from sanfu.runtime.kinds import ENDINGS

HARMLESS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""A file is saved, not shown."""
FileId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
Until = Annotated[str, Query(max_length=30)]
Signature = Annotated[str, Query(max_length=64)]


def saved(kept: Attachment, chunks: AsyncIterator[bytes], more: Mapping[str, str] | None = None) -> StreamingResponse:
    """Answer with a file, to be saved under a name that tells nothing. `more`: headers beside, or instead."""
    named = f'attachment; filename="{kept.id[:8]}.{ENDINGS.get(kept.media_type, "bin")}"'
    headers = {**HARMLESS, "Content-Disposition": named, "Content-Length": str(kept.size), **(more or {})}
    return StreamingResponse(chunks, media_type=kept.media_type, headers=headers)
