"""What a client of Open311 posts: a form, and no other kind of body."""

from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import ValidationError

from sanfu.intake.domain.admission import Fault
from sanfu.intake.domain.rules import refused
from sanfu.intake.entrypoints.reports import Supplement
from sanfu.intake.handlers.submissions import LONGEST
from sanfu.runtime.problems import expected, field_path
from sanfu.runtime.rules import Refusal

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 100
_FIELDS: Final = {"type": "object", "additionalProperties": {"type": "string"}}
DOCUMENTED: Final[dict[str, Any]] = {"requestBody": {"content": {FORM: {"schema": _FIELDS}}}}
"""For OpenAPI: the fields are the standard's, and each service's attributes."""


async def fields(request: Request, header: str | None) -> tuple[dict[str, list[str]], str | None]:
    """Read a form: its fields without the empty ones, and the key. Raises Refusal."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise refused([Fault("Content-Type", "not_taken", FORM)])
    body = await request.body()
    if len(body) > LONGEST:
        raise refused([Fault("the form", "too_large", f"at most {LONGEST:,} bytes")])
    try:
        pairs = parse_qsl(body.decode(), encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise refused([Fault("the form", "not_utf8", "UTF-8 throughout")]) from None
    except ValueError:
        raise refused([Fault("the form", "too_many_fields", f"at most {MOST_FIELDS}")]) from None
    found = dict[str, list[str]]()
    for name, value in pairs:
        if value.strip():
            found.setdefault(name, []).append(value)
    keys = found.pop("api_key", [])
    return found, keys[0] if keys else header


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
