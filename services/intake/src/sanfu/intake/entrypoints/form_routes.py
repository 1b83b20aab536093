"""The public form's addresses: the page, which works without scripts; what it asks while one writes; the receipt."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from sanfu.contracts import receipts
from sanfu.intake.entrypoints import form_fields as fields
from sanfu.intake.entrypoints.form import Form
from sanfu.intake.handlers.submissions import Sender
from sanfu.runtime.http import own_router
from sanfu.runtime.pages import address, form, same_site
from sanfu.runtime.store import StoreDown

Spoken = Annotated[Literal["zh", "en"], Query(alias="lang")]
PAGE = "/report"


def routes(form: Form) -> APIRouter:
    router = own_router(tags=["pages"])
    _form_routes(router, form)
    _asking(router, form)
    _receipts(router, form)

    @router.get("/report/assets/{name}", include_in_schema=False)
    async def asset(name: Literal["plain.css", "form.css", "form.js", "form.svg"]) -> Response:
        return await form.look.asset(name)

    return router


def _form_routes(router: APIRouter, page: Form) -> None:
    @router.get(PAGE, response_class=HTMLResponse, include_in_schema=False)
    async def empty(language: Spoken = "zh") -> Response:
        """The empty form."""
        return page.page(language, {})

    @router.post(PAGE, response_class=HTMLResponse, include_in_schema=False)
    async def send(request: Request, language: Spoken = "zh") -> Response:
        """Take the form. The same key with the same fields gives the same receipt."""
        same_site(request)
        return await page.answer(request, language)


def _asking(router: APIRouter, page: Form) -> None:
    @router.post("/report/near", response_class=HTMLResponse, include_in_schema=False)
    async def near(request: Request, language: Spoken = "zh") -> Response:
        """Show what is open nearby, as a part of the page; counted like reports, but apart from them. What was typed
        comes in the body: addresses of requests are written down by those in between."""
        same_site(request)
        page.intake.channels.count(Sender("near", keyed=False, address=address(request)))
        pack = page.intake.pack()
        found = await page.near.look(fields.asked(await form(request)), pack)
        return page.look.near(pack, language, found)

    @router.get("/report/words", include_in_schema=False)
    async def words(language: Spoken = "zh") -> Response:
        """The words by which the page warns and suggests while one writes: what is written stays in the browser."""
        return page.look.words(page.intake.pack(), language, page.today())


def _receipts(router: APIRouter, page: Form) -> None:
    @router.get("/receipt", response_class=HTMLResponse, include_in_schema=False)
    async def receipt(request: Request, language: Spoken = "zh", number: str | None = None) -> Response:
        """Show how far a report has come: state and dates, which its number opens."""
        pack, query = page.intake.pack(), request.query_params
        typed = (number or "")[:60]
        if not typed.strip():
            return page.look.find(pack, language)
        wanted = receipts.read(typed, pack.receipt_prefix)
        if wanted is None:
            return page.look.find(pack, language, 400, typed, "not_a_number")
        try:
            state = await page.intake.records.by_receipt(wanted)
        except StoreDown:
            return page.look.find(pack, language, 503, typed, "away_now")
        if state is None:
            return page.look.find(pack, language, 404, typed, "no_such")
        fresh = {"fresh": query.get("new") == "1", "call": query.get("call") == "1"}
        return page.look.receipt(pack, language, state, str(request.base_url), **fresh)
