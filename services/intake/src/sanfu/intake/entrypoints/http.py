"""Intake's HTTP API."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import SecretStr, ValidationError

from sanfu.city.model.pack import Pack
from sanfu.contracts import receipts
from sanfu.intake.domain import progress, urgency
from sanfu.intake.domain.attachments import Attachment
from sanfu.intake.entrypoints.attachments import read_with_files
from sanfu.intake.entrypoints.attachments import routes as attachments
from sanfu.intake.entrypoints.imports import read
from sanfu.intake.entrypoints.reports import Account, Added, Batch, Item, Progress, Report, Supplement, Taken, Wanted
from sanfu.intake.handlers.attachments import Attachments
from sanfu.intake.handlers.channels import Channels, holder
from sanfu.intake.handlers.erasures import Erasures
from sanfu.intake.handlers.forms import shown
from sanfu.intake.handlers.submissions import Received, Sender, Submissions, key_refused, of_account
from sanfu.intake.handlers.supplements import Supplements, of_party
from sanfu.intake.ports import ChannelKey, Records
from sanfu.runtime import pages, texts
from sanfu.runtime.direct import DirectRoute
from sanfu.runtime.forms import Form
from sanfu.runtime.http import ops_guard
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.problems import problem
from sanfu.runtime.rules import Refusal
from sanfu.runtime.store import StoreDown

ApiKey = Annotated[texts.Key | None, Header(alias="X-Api-Key")]
Key = Annotated[texts.Key | None, Header(alias="Idempotency-Key")]
Spoken = Literal["zh", "en"] | None
FORMS = "/v1/supplements/"
"""How the addresses begin to which browsers send forms with files."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What the routes work with. `pack` is the one in use, `public_url` where desk's pages for parties are."""

    submissions: Submissions
    supplements: Supplements
    channels: Channels
    erasures: Erasures
    records: Records
    attachments: Attachments
    pack: Callable[[], Pack]
    public_url: str | None = None


def routes(intake: Intake, ops_token: SecretStr | None) -> APIRouter:
    """Return what everybody may use, and what operators may."""
    router = APIRouter()
    router.include_router(_submitting(intake))
    router.include_router(_public(intake))
    router.include_router(_adding(intake))
    router.include_router(attachments(intake.attachments, _known(intake)))
    router.include_router(_operators(intake, ops_token))
    return router


def _submitting(intake: Intake) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["intake"], route_class=DirectRoute)

    @router.post("/issues", status_code=201, response_model=Taken, responses={200: {"model": Taken}})
    async def submit(report: Report, request: Request, api_key: ApiKey = None, key: Key = None) -> Response:
        """Take a report. The receipt means that it is journaled. The same key with the same body: the same receipt."""
        status, taken = await _take(intake, report, api_key, key, pages.address(request))
        return Response(orjson.dumps(taken), status, media_type="application/json")

    return router


def _public(intake: Intake) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["intake"])

    @router.post("/issues/batch", response_model=list[Item])
    async def submit_batch(batch: Batch, api_key: ApiKey = None, key: Key = None) -> Response:
        """Take up to 200 reports on a channel with a key, each by itself. An Idempotency-Key here is made one for each
        report by its place; a report's external_id is better. After a 503, send the whole batch again."""
        intake.channels.keyed(intake.pack(), api_key)
        items = [
            _item(intake, each, api_key, None if key is None else f"{key}#{place}")
            for place, each in enumerate(batch.issues)
        ]
        done = await asyncio.gather(*items, return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome
        return Response(orjson.dumps(done), media_type="application/json")

    @router.get("/receipts/{number}", response_model=Progress)
    async def receipt(number: Annotated[str, Path(max_length=60)]) -> Response:
        """Show how far it has come. The number alone opens it, so: state and dates only."""
        state = await intake.records.by_receipt(_read(intake, number))
        if state is None:
            raise Refusal(404, "no-such-receipt", "The number is well formed, but no report has it.")
        return Response(orjson.dumps(progress.shown(state)), media_type="application/json")

    @router.get("/channels/{code}/form")
    async def form(code: str, lang: Spoken = None) -> Response:
        """Show what a channel asks: JSON Schema of its own answers, worded in a language of the city; which fields of a
        report it must bring, and which it may; what the columns of its lists are called."""
        pack = intake.pack()
        if code not in pack.channels:
            raise Refusal(404, "no-such-channel", f"The city has no channel {code}; it has {', '.join(pack.channels)}.")
        locale = lang if lang in pack.locales else pack.locales[0]
        return Response(orjson.dumps(shown(pack, code, locale)), media_type="application/json")

    return router


def _read(intake: Intake, number: str) -> str:
    """Read a receipt number as somebody typed it. Raises Refusal 400."""
    wanted = receipts.read(number, intake.pack().receipt_prefix)
    if wanted is None:
        expected = "16 characters, of which the last checks the others: see whether one is wrong or missing"
        error = {"field": "path.number", "problem": "not_a_receipt_number", "expected": expected}
        raise Refusal(400, "not-a-receipt-number", f"path.number: {expected}.", errors=[error])
    return wanted


def _known(intake: Intake) -> Callable[..., Awaitable[ChannelKey]]:
    """Make a dependency that tells a channel's key."""

    async def known(api_key: ApiKey = None) -> ChannelKey:
        return intake.channels.known_key(intake.pack(), api_key)

    return known


def _adding(intake: Intake) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["intake"])

    @router.post(
        "/receipts/{number}/supplements", status_code=201, response_model=Added, responses={200: {"model": Added}}
    )
    async def supplement(
        number: Annotated[str, Path(max_length=60)],
        said: Supplement,
        sender: Annotated[ChannelKey, Depends(_known(intake))],
        key: Key = None,
    ) -> Response:
        """Add what the party says or shows, also in answer to a question. It takes a channel's key and an
        Idempotency-Key."""
        if key is None:
            raise key_refused("on a channel with a key this header")
        pack, body, wanted = intake.pack(), said.model_dump(), _read(intake, number)
        try:
            received = await intake.supplements.by_channel(wanted, sender.channel, body, key, holder(sender))
        except Refusal as refusal:
            first = _first(pack) if urgency.alarming(pack, said.text or "") else {}
            raise Refusal(refusal.status, refusal.slug, refusal.detail, **refusal.more, **first) from refusal
        body = {**progress.shown(received.state), "number": received.state["supplements"]}
        first = _first(pack, received.state["submission"]["language"]) if received.alarming else {}
        kept = {**first, **{name: body[name] for name in ("receipt", "number", "state")}}
        return Response(orjson.dumps(kept), 200 if received.repeated else 201, media_type="application/json")

    @router.post("/supplements/{token}", status_code=303, include_in_schema=False)
    async def form(token: Annotated[str, Path(max_length=200)], request: Request, lang: Spoken = None) -> Response:
        """Take the form of the party's own page: the link in it is the proof. It leads back to the page."""
        if intake.public_url is None:
            raise Refusal(409, "no-way-back", "This service was not told where desk's pages are: set SANFU_PUBLIC_URL.")
        intake.channels.count(Sender("supplement", keyed=False, address=pages.address(request)))
        told, alarming = await _added(intake, token, request)
        told += "&danger=1" if alarming else ""
        spoken = f"&lang={lang}" if lang else ""
        return RedirectResponse(f"{intake.public_url.rstrip('/')}/my/{quote(token)}?{told}{spoken}", 303)

    return router


async def _added(intake: Intake, token: str, request: Request) -> tuple[str, bool]:
    """Add what a party's form says; return what its page is told, and whether it speaks of danger to life."""
    alarming = False
    try:
        intake.supplements.link(token)
        form = await read_with_files(intake.attachments, request, of_party(token))
        text = form.fields.get("text", "").strip() or None
        alarming = urgency.alarming(intake.pack(), text or "")
        if form.refused:
            return "failed=add_files", alarming
        received = await _form_added(intake, token, form, text)
    except (ValidationError, Refusal, Unavailable, StoreDown):
        return "failed=add", alarming
    return "done=add", alarming or received.alarming


async def _form_added(intake: Intake, token: str, form: Form[Attachment], text: str | None) -> Received:
    """Raises Refusal, ValidationError, Unavailable, StoreDown; what is refused keeps no file."""
    try:
        said = Supplement(text=text, attachments=[one.id for one in form.files])
        return await intake.supplements.by_party(token, said.model_dump(), form.fields.get("key", "")[:100] or "form")
    except (ValidationError, Refusal):
        await intake.attachments.give_up(form.files)
        raise


def _operators(intake: Intake, ops_token: SecretStr | None) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["operators"], dependencies=[Depends(ops_guard(ops_token))])

    @router.post("/erasures")
    async def erase(wanted: Wanted) -> dict[str, Any]:
        """Erase a person's contact wherever it is kept. Repeat it after any failure."""
        if wanted.phone is None and wanted.email is None:
            error = {"field": "$.phone", "problem": "missing", "expected": "a phone, an e-mail, or both"}
            raise Refusal(422, "invalid-input", "Not as it should be: $.phone.", errors=[error])
        issues = await intake.erasures.erase(wanted.model_dump())
        return {"erased": len(issues), "issues": issues}

    @router.get("/channel-keys")
    async def keys() -> dict[str, Any]:
        """List the channels' keys: ids only, for nobody has the keys themselves."""
        known = sorted(await intake.records.keys(), key=lambda one: (one.channel, one.id))
        return {
            "items": [
                {
                    "id": one.id,
                    "channel": one.channel,
                    "party_code": one.party_code,
                    "client": one.client,
                    "revoked": one.revoked,
                }
                for one in known
            ]
        }

    @router.post("/channels/{channel}/keys", status_code=201)
    async def give_key(channel: str, account: Account | None = None) -> dict[str, str | None]:
        """Make a key for a channel, or for one enterprise's account on it. It is shown this once. `in_place_of` names a
        key of the same sender: what came with that one may be added to with the new one."""
        given = account or Account()
        made, key = await intake.channels.give(intake.pack(), channel, given.party_code, given.in_place_of)
        return {
            "id": made.id,
            "channel": made.channel,
            "party_code": made.party_code,
            "client": made.client,
            "key": key,
        }

    @router.delete("/channel-keys/{id}", status_code=204)
    async def revoke_key(id: str) -> None:
        """Revoke a key, for ever; every process refuses it within ten seconds."""
        await intake.channels.revoke(id)

    return router


async def _take(
    intake: Intake, report: Report, api_key: str | None, key: str | None, address: str
) -> tuple[int, dict[str, Any]]:
    pack = intake.pack()
    sender = intake.channels.sender(pack, api_key, report.channel, address)
    intake.channels.count(sender)
    plain = of_account(report.plain(), sender)
    if not sender.keyed:
        intake.channels.count_contacts(intake.submissions.indexes(plain["party"] or {}))
    received = await intake.submissions.submit(plain, sender, key, pack.receipt_prefix)
    return 200 if received.repeated else 201, _taken(received, pack, report.language)


def _first(pack: Pack, language: str = "") -> dict[str, str]:
    """Return what an answer about danger to life says first: whom to call now."""
    notice = pack.notices.get("emergency_first", {})
    warning = notice.get(language.split("-", maxsplit=1)[0]) or notice.get(pack.locales[0])
    return {"warning": warning} if warning else {}


def _taken(received: Received, pack: Pack, language: str) -> dict[str, Any]:
    shown = progress.shown(received.state)
    return {
        **(_first(pack, language) if received.alarming else {}),
        "id": received.issue,
        "receipt": shown["receipt"],
        "state": shown["state"],
        "received_at": shown["received_at"],
    }


async def _item(intake: Intake, given: dict[str, Any], api_key: str | None, key: str | None) -> dict[str, Any]:
    """Take one report of a batch; what is wrong with it is its own problem, what is down is everybody's."""
    try:
        status, taken = await _take(intake, read(given), api_key, key, "-")
        return {"status": status, "issue": taken}
    except Refusal as refusal:
        shown = problem(refusal.status, refusal.slug, refusal.detail, **refusal.more)
        return {"status": refusal.status, "problem": orjson.loads(shown.body)}
