"""What is on record about people: who read whose contact, and who changed which account."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from sanfu.desk.domain.people import ADMINISTRATOR
from sanfu.desk.domain.scope import Viewer, covering
from sanfu.desk.entrypoints.commanding import Who
from sanfu.desk.entrypoints.commands.words import Code
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document
from sanfu.desk.searches import NO_CASE
from sanfu.runtime.http import PageAsked, own_router
from sanfu.runtime.paging import Cursor, Page
from sanfu.runtime.rules import Refusal

AUDITORS = frozenset({"auditor", "discipline_liaison"})
"""They see who read what, of the cases that their grants show: sealed ones each to their own."""


def routes(desk: Desk, who: Who) -> APIRouter:
    router = own_router("/v1", tags=["records"])

    @router.get("/readings", operation_id="list_readings")
    async def readings(
        viewer: Annotated[Viewer, Depends(who)], page: PageAsked,
        case: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
        user: Annotated[Code | None, Query()] = None, system: Annotated[Code | None, Query()] = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Every reading of a contact, the last first, of cases that the asker may audit: who, when, what for; and by
        which key, where a unit's own system read for them. A page may hold fewer than were asked for: those of other
        cases are left out."""
        scope = tuple(clause for clause in desk.scope(viewer) if clause.role in AUDITORS)
        if not scope:
            raise Refusal(403, "not-auditor", "Readings are listed by an auditor.")
        rows = await desk.shelves.readings.page(_given(case=case, user=user, system=system), page, newest=True)
        cases = await desk.documents.read(sorted({row["case"] for row in rows}))
        mine = {id for id, found in cases.items() if "state" in found and covering(scope, found)} | {NO_CASE}
        answer = _paged(rows, page)
        return {**answer, "items": [{"system": None, **_shown(row)} for row in answer["items"] if row["case"] in mine]}

    @router.get("/audit", operation_id="list_audit")
    async def audit(
        viewer: Annotated[Viewer, Depends(who)], page: PageAsked, account: Annotated[Code | None, Query()] = None,
        by: Annotated[Code | None, Query()] = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Every change of an account, the last first: who, when, what."""
        now = desk.clock.now()
        if not any(viewer.holds(role, now) for role in (ADMINISTRATOR, "auditor")):
            raise Refusal(403, "not-auditor", "The audit is read by an auditor, or by whoever keeps accounts.")
        rows = await desk.shelves.audit.page(_given(account=account, by=by), page, newest=True)
        answer = _paged(rows, page)
        return {**answer, "items": [_shown(row) for row in answer["items"]]}

    @router.get("/exports", operation_id="list_exports")
    async def exports(
        viewer: Annotated[Viewer, Depends(who)], page: PageAsked, user: Annotated[Code | None, Query()] = None
    ) -> dict[str, Any]:
        """Every list that was taken out as a file, the last first: who, when, by which filters, how many rows."""
        if not viewer.holds("auditor", desk.clock.now()):
            raise Refusal(403, "not-auditor", "Exports are listed by an auditor.")
        rows = await desk.shelves.exports.page(_given(user=user), page, newest=True)
        answer = _paged(rows, page)
        return {**answer, "items": [_shown(row) for row in answer["items"]]}

    return router


def _given(**wanted: str | None) -> dict[str, str]:
    return {name: value for name, value in wanted.items() if value is not None}


def _paged(rows: list[Document], page: Page) -> dict[str, Any]:
    return page.of(rows, lambda row: Cursor(row["at"], row["_id"]))


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"_id", "version"}}
