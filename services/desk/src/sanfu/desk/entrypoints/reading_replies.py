"""What a record of a replies topic says: which unit wants what about which issue, under which id.

The body is the API's, with the same checks. What is told of a fault stands on the story for ever: a field that the
command does not have is named where its name can be no more than a program's word, of Latin letters and `_` alone.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from sanfu.contracts import names
from sanfu.desk.domain.replying import BY_TOPIC
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.desk.replies import Reply, Unusable
from sanfu.runtime.bodies import Body, unkept
from sanfu.runtime.broker import Incoming
from sanfu.runtime.problems import MOST_ERRORS, expected, field_path
from sanfu.runtime.rules import Refusal

MODELS: Final[Mapping[str, type[Body]]] = {name: BODIES[name] for name in BY_TOPIC}
"""The body of each command that comes by topic."""
LARGEST: Final = 256 * 1024
"""Bytes of a body: as much as the API takes."""
_ID: Final = re.compile(r"[A-Za-z0-9_.:@/+=~-]{5,200}")
_TYPE: Final = re.compile(re.escape(names.reply_type("{}")).replace(re.escape("{}"), "([a-z][a-z_]{0,39})"))
_PHONE: Final = re.compile(r"(?<![0-9a-fA-F])1[3-9][0-9]{9}(?![0-9a-fA-F])")
_PERSON: Final = re.compile(r"(?<![0-9a-fA-F])([1-9][0-9]{16})([0-9Xx])(?![0-9a-fA-F])")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""By which the last character of an ID number follows from the others (GB 11643): a counter's digits hardly ever do."""
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_]{0,39}")
"""The name of a field as programs write it, in which no number and no Chinese name has room."""
_BOM: Final = b"\xef\xbb\xbf"


def read(record: Incoming) -> Reply:
    """Read a record. Raises Unusable for one that no story can tell of."""
    heads = {name: _text(name, value) for name, value in record.headers}
    issue = _issue(record.key, heads.get("ce_subject"))
    id, command = _id(heads.get("ce_id")), _command(heads.get("ce_type"))
    body = _body(record.value).removeprefix(_BOM)
    digest = hashlib.sha256(command.encode() + b"\0" + body).hexdigest()
    said, fault = _said(command, body)
    return Reply(names.replying_unit(record.topic), issue, id, command, digest, said, fault)


def _issue(key: str | None, subject: str | None) -> str:
    if not key or len(key) > 200:
        raise Unusable(422, "key-missing", "The record's key has to be the issue's id.")
    if subject not in {None, key}:
        raise Unusable(422, "another-subject", "ce_subject, if it is there, has to be the record's key.")
    return key


def _text(name: str, value: bytes | None) -> str:
    try:
        return (value or b"").decode()
    except UnicodeDecodeError:
        return "\ufffd"  # no header that counts is this


def _id(given: str | None) -> str:
    if given is None or not _ID.fullmatch(given):
        expected = "5 to 200 of the characters A-Z a-z 0-9 _ . : @ / + = ~ -"
        raise Unusable(422, "no-id", f"The header ce_id has to be the reply's own id: {expected}.")
    if _PHONE.search(given) or any(map(_is_persons, _PERSON.finditer(given))):
        raise Unusable(422, "id-names-somebody", "ce_id holds what reads like a phone or ID number: give another.")
    return given


def _is_persons(found: re.Match[str]) -> bool:
    last = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(found[1], _WEIGHTS, strict=True)) % 11]
    return found[2].upper() == last


def _command(given: str | None) -> str:
    if found := _TYPE.fullmatch(given or ""):
        return found[1]
    raise Unusable(422, "no-type", f"The header ce_type has to be {names.reply_type('<command>')}.")


def _body(value: bytes | None) -> bytes:
    if not value:
        raise Unusable(422, "no-body", "The value has to be the command's body in JSON; one without fields is {}.")
    if len(value) > LARGEST:
        raise Unusable(413, "body-too-large", f"The value has more than {LARGEST} bytes.")
    return value


def _said(command: str, body: bytes) -> tuple[dict[str, Any], Refusal | None]:
    """Return the body with every field, or what is wrong with it. Raises Unusable for what is no JSON."""
    model = MODELS.get(command)
    if model is None:
        return {}, None
    try:
        said = model.__pydantic_validator__.validate_json(body)
    except ValidationError as error:
        return {}, _fault(error, model)
    if wrong := [{**one, "field": _known_part(one["field"], model)} for one in unkept(body)]:
        return {}, _invalid(wrong)
    return said.model_dump(mode="json"), None


def _fault(error: ValidationError, model: type[Body]) -> Refusal:
    wrong = []
    for one in error.errors(include_url=False, include_input=False):
        if one["type"] == "json_invalid":
            cause = one.get("ctx", {}).get("error", "")
            raise Unusable(400, "malformed-json", f"The value has to be JSON in UTF-8: {cause}.")
        unknown = one["type"] == "extra_forbidden" and not _WORD.fullmatch(str(one["loc"][-1]))
        place = one["loc"][:-1] if unknown else one["loc"]
        told = expected({**one, "loc": ("body", *one["loc"])}, model)
        wrong.append({"field": field_path(("body", *place)), "problem": one["type"], "expected": told})
    return _invalid(wrong)


def _known_part(field: str, model: type[Body]) -> str:
    top = re.split(r"[.\[]", field.removeprefix("$."))[0]
    return f"$.{top}" if top in model.model_fields else "$"


def _invalid(wrong: list[dict[str, str]]) -> Refusal:
    shown = [{name: text[:300] for name, text in one.items()} for one in wrong[:MOST_ERRORS]]
    fields = ", ".join(one["field"] for one in shown)
    return Refusal(422, "invalid-input", f"Not as it should be: {fields}.", errors=shown)
