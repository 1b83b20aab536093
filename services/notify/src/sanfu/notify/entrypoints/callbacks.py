"""Providers' receipts: `POST /callbacks/{provider}/{secret}`. The secret in the path is all that opens it, so a proxy
that lets providers in passes nothing else on, and nothing logs the path."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sanfu.notify.domain.receipts import Receipt, is_dead, plain_code
from sanfu.notify.ports import Receipts
from sanfu.runtime.http import own_router
from sanfu.runtime.rules import Refusal

Code = Annotated[str, Field(max_length=200)]


class _Theirs(BaseModel):
    """A format of somebody else, which may grow: unknown fields are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Aliyun(_Theirs):
    success: bool
    err_code: Code = ""
    biz_id: Code = ""
    out_id: Code = ""

    def receipt(self, dead: frozenset[str]) -> Receipt:
        gone = not self.success and is_dead(self.err_code, dead)
        return Receipt(self.success, _why(self.success, self.err_code), gone, self.out_id or None, self.biz_id or None)


class _Tencent(_Theirs):
    report_status: Literal["SUCCESS", "FAIL"]
    errmsg: Code = ""
    sid: Annotated[str, Field(min_length=1, max_length=200)]

    def receipt(self, dead: frozenset[str]) -> Receipt:
        well = self.report_status == "SUCCESS"
        return Receipt(well, _why(well, self.errmsg), not well and is_dead(self.errmsg, dead), None, self.sid)


class _Plain(_Theirs):
    """For gateways and mail servers that can be told what to send: our id, or theirs."""

    state: Literal["delivered", "failed"]
    id: Code | None = None
    provider_id: Code | None = None
    code: Code = ""
    dead: bool = False

    def receipt(self, dead: frozenset[str]) -> Receipt:
        well = self.state == "delivered"
        gone = not well and (self.dead or is_dead(self.code, dead))
        return Receipt(well, _why(well, self.code), gone, self.id, self.provider_id)


def _why(well: bool, said: str) -> str | None:
    return None if well else plain_code(said)


MOST = 500
"""Receipts in one request: providers send 100 or so."""
_READ: Mapping[str, TypeAdapter[Any]] = {
    "aliyun": TypeAdapter(Annotated[list[_Aliyun], Field(max_length=MOST)]),
    "tencent": TypeAdapter(Annotated[list[_Tencent], Field(max_length=MOST)]),
}
_PLAIN: TypeAdapter[Any] = TypeAdapter(Annotated[list[_Plain], Field(max_length=MOST)])
_ANSWERS: Mapping[str, dict[str, Any]] = {
    "aliyun": {"code": 0, "msg": "接收成功"}, "tencent": {"result": 0, "errmsg": "OK"},
}  # fmt: skip


Take = Callable[[str, Sequence[Receipt]], Awaitable[None]]


def routes(doors: Mapping[str, Receipts], take: Take) -> APIRouter:
    """Make the route."""
    router = own_router("/callbacks", tags=["callbacks"])

    @router.post("/{provider}/{secret}")
    async def receipts(provider: str, secret: str, request: Request) -> dict[str, Any]:
        """Take in a provider's receipts, in its own format; else a list of {id or provider_id, state: delivered or
        failed, code?, dead?}. The same again changes nothing."""
        door = doors.get(provider)
        if door is None or not hmac.compare_digest(secret.encode(), door.secret.encode()):
            raise Refusal(404, "no-such-callback", "Nothing is taken in at this address.")
        found = _read(_READ.get(door.kind, _PLAIN), await request.body())
        await take(provider, [one.receipt(door.dead) for one in found])
        return _ANSWERS.get(door.kind, {"taken": len(found)})

    return router


def _read(adapter: TypeAdapter[Any], body: bytes) -> list[Any]:
    try:
        found: list[Any] = adapter.validate_json(body)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in wrong]) from None
    return found
