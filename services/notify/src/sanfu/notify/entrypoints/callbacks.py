"""Providers' receipts: `POST /callbacks/{provider}/{secret}`, or `POST /callbacks/{provider}`, signed as Standard
Webhooks says. Nothing else opens them, so a proxy that lets providers in passes nothing else on; nothing logs the path.

The same receipt twice changes nothing, so a signed one that somebody caught and sends again does no harm either.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sanfu.notify.domain.receipts import Receipt, is_dead, plain_code
from sanfu.notify.domain.signing import Unproved, check
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


MAIL = "message/rfc822"
Take = Callable[[str, Sequence[Receipt]], Awaitable[None]]
Bounced = Callable[[str, bytes, frozenset[str]], Awaitable[None]]


def routes(doors: Mapping[str, Receipts], take: Take, bounced: Bounced, now: Callable[[], float]) -> APIRouter:
    """Make the routes. `now`: seconds since 1970 (real)."""
    router = own_router("/callbacks", tags=["callbacks"])

    @router.post("/{provider}/{secret}")
    async def receipts(provider: str, secret: str, request: Request) -> dict[str, Any]:
        """Take in a provider's receipts, in its own format; else a list of {id or provider_id, state: delivered or
        failed, code?, dead?}; a mail that came back as it is (message/rfc822). The same again changes nothing."""
        door = doors.get(provider)
        if door is None or door.secret is None or not hmac.compare_digest(secret.encode(), door.secret.encode()):
            raise _nothing_here()
        return await taken(provider, door, request)

    @router.post("/{provider}")
    async def signed(provider: str, request: Request) -> dict[str, Any]:
        """Take in the same, signed as Standard Webhooks 1.0 says by one of the keys that stand at the provider."""
        door = doors.get(provider)
        if door is None or not door.keys:
            raise _nothing_here()
        try:
            check(request.headers, await request.body(), door.keys, now())
        except Unproved as error:
            raise Refusal(401, "not-proved", str(error)) from None
        return await taken(provider, door, request)

    async def taken(provider: str, door: Receipts, request: Request) -> dict[str, Any]:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() == MAIL:
            if door.kind != "smtp":
                raise Refusal(415, "no-mail-here", f"{provider} is no mail server: send JSON.")
            await bounced(provider, await request.body(), door.dead)
            return {"taken": 1}
        found = _read(_READ.get(door.kind, _PLAIN), await request.body())
        await take(provider, [one.receipt(door.dead) for one in found])
        return _ANSWERS.get(door.kind, {"taken": len(found)})

    return router


def _nothing_here() -> Refusal:
    return Refusal(404, "no-such-callback", "Nothing is taken in at this address.")


def _read(adapter: TypeAdapter[Any], body: bytes) -> list[Any]:
    try:
        found: list[Any] = adapter.validate_json(body)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in wrong]) from None
    return found
