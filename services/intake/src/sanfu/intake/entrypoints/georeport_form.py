"""What a client of Open311 posts: a form, with files or without, and no other kind of body."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import ValidationError

from sanfu.intake.domain.admission import Fault
from sanfu.intake.domain.attachments import MOST, Attachment
from sanfu.intake.domain.rules import refused
from sanfu.intake.entrypoints.reports import Supplement
from sanfu.intake.handlers.attachments import Attachments
from sanfu.intake.handlers.channels import holder
from sanfu.intake.handlers.georeports import Said
from sanfu.intake.handlers.submissions import LONGEST
from sanfu.intake.ports import ChannelKey
from sanfu.runtime.bodies import pieces
from sanfu.runtime.forms import MOST_FIELDS, MULTIPART, URLENCODED, Form, read_form
from sanfu.runtime.problems import expected, field_path
from sanfu.runtime.rules import Refusal

_FIELDS: Final = {"type": "object", "additionalProperties": {"type": "string"}}
DOCUMENTED: Final[dict[str, Any]] = {
    "requestBody": {"content": {kind: {"schema": _FIELDS} for kind in (URLENCODED, MULTIPART)}}
}
"""For OpenAPI: the fields are the standard's, and each service's attributes."""
_FILE: Final = frozenset({408, 413, 415, 422})
"""Answers about a file itself, however it is sent."""
Keyed = Callable[[str | None], ChannelKey]
"""Tells whose a key is; raises Refusal for one that may send nothing."""


async def sent(request: Request, header: str | None, keyed: Keyed, attachments: Attachments) -> Said:
    """Read a form: its fields without the empty ones, whose key it came with, and the files that came along, which are
    to be given up unless a report gets them. Raises Refusal; then nothing is left of its files."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == MULTIPART:
        return await _with_files(request, header, keyed, attachments)
    if kind != URLENCODED:
        raise refused([Fault("Content-Type", "not_taken", f"{URLENCODED}, or {MULTIPART} with files")])
    found = _fields(await _pairs(request))
    return Said(found, keyed(_key(found) or header))


async def _pairs(request: Request) -> list[tuple[str, str]]:
    body = b""
    async for piece in pieces(request):
        body += piece
        if len(body) > LONGEST:
            raise refused([Fault("the form", "too_large", f"at most {LONGEST:,} bytes beside its files")])
    try:
        return parse_qsl(body.decode(), encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise _not_utf8() from None
    except ValueError:
        raise refused([Fault("the form", "too_many_fields", f"at most {MOST_FIELDS}")]) from None


async def _with_files(request: Request, header: str | None, keyed: Keyed, attachments: Attachments) -> Said:
    """No file is read before it is known who sends it: the key comes first, or in the header."""
    form, taken = Form[Attachment](), list[Attachment]()
    senders = list[ChannelKey]()

    def sender() -> ChannelKey:
        if not senders:
            senders.append(keyed(_key(_fields(form.every)) or header))
        return senders[0]

    async def keep(content: AsyncIterator[bytes]) -> Attachment:
        taken.append(await attachments.take(holder(sender()), content))
        return taken[-1]

    try:
        await read_form(request, keep, MOST, form)
        if form.refused is not None:
            raise _about_a_file(form.refused, len(taken))
        if any("\ufffd" in text for pair in form.every for text in pair):
            raise _not_utf8()
        key, found = sender(), _fields(form.every)
        found.pop("api_key", None)
        return Said(found, key, taken)
    except BaseException:
        await attachments.give_up(taken)
        raise


def _about_a_file(refusal: Refusal, before: int) -> Refusal:
    if refusal.status not in _FILE:
        return refusal
    return refused([Fault(f"file {before + 1}", refusal.slug.replace("-", "_"), refusal.detail)])


def _fields(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found = dict[str, list[str]]()
    for name, value in pairs:
        if value.strip():
            found.setdefault(name, []).append(value)
    return found


def _key(found: dict[str, list[str]]) -> str | None:
    return found.pop("api_key", [None])[0]


def _not_utf8() -> Refusal:
    return refused([Fault("the form", "not_utf8", "UTF-8 throughout")])


def read_update(given: Any) -> dict[str, Any]:
    """Read what an update adds, as a supplement. Raises Refusal 422."""
    try:
        return Supplement.model_validate(given).model_dump()
    except ValidationError as error:
        wrong = [
            {"field": field_path(["body", *one["loc"]]), "problem": one["type"], "expected": expected(one)}
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise Refusal(422, "invalid-input", "Not as it should be.", errors=wrong) from error
