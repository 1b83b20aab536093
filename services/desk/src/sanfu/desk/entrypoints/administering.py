"""The API of whoever keeps accounts: people, grants, substitutions, hand-overs, units' keys."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from sanfu.contracts.envelope import instant
from sanfu.desk.administration import Administration, administers
from sanfu.desk.domain.accounts import SYSTEM, Account
from sanfu.desk.domain.people import derived
from sanfu.desk.domain.scope import Grant, Viewer
from sanfu.desk.entry import Entry
from sanfu.desk.entrypoints.commanding import Match, Who, version_of
from sanfu.desk.entrypoints.commands.words import Code, Unit
from sanfu.runtime.bodies import Body
from sanfu.runtime.http import PageAsked, own_router
from sanfu.runtime.paging import Cursor, Page
from sanfu.runtime.texts import Email, Instant, Line, Phone

UserId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,62}$")]
GrantId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,90}$")]
RESERVED = ("party", "system", "nobody")
Granted = Literal[
    "hotline_operator", "window_agent", "officer", "unit_head", "duty_officer", "reviewer", "follow_up_caller",
    "coordination_office", "supervisor", "liaison", "monitor", "leader", "discipline_liaison", "auditor",
    "system_administrator",
]  # fmt: skip
"""Every role that a person may be given."""


class NewUser(Body):
    """An account to make. `subject` and `email` name it to the provider of identities; `email` and `phone` are where
    its unit's messages go."""

    id: UserId
    name: Annotated[str, Line(80, 1)]
    unit: Unit
    locale: Literal["zh", "en"] = "zh"
    email: Email | None = None
    phone: Phone | None = None
    subject: Annotated[str, Line(255, 1)] | None = None


class ChangedUser(Body):
    """What changes of an account; what is not said stays. An inactive one opens nothing, and stays on record."""

    name: Annotated[str, Line(80, 1)] | None = None
    unit: Unit | None = None
    locale: Literal["zh", "en"] | None = None
    email: Email | None = None
    phone: Phone | None = None
    subject: Annotated[str, Line(255, 1)] | None = None
    active: bool | None = None


class NewGrant(Body):
    """A role over a unit's subtree, over a town, or over what a unit raised; over the whole city if none is named."""

    user: Code
    role: Granted
    unit: Unit | None = None
    town: Unit | None = None
    raised_by: Unit | None = None
    audiences: list[Literal["enterprise", "resident", "grassroots"]] | None = None
    channels: Annotated[list[Code], Field(max_length=50)] | None = None
    ceiling: Literal["open", "internal", "confidential", "sealed"] = "internal"
    since: Instant | None = None
    until: Instant | None = None


class End(Body):
    """When it ends: at once, if that instant is over."""

    until: Instant


class NewSubstitution(Body):
    """`user` stands in for `for`, from `since` until just before `until`."""

    user: Code
    away: Annotated[Code, Field(alias="for")]
    since: Instant
    until: Instant


class HandOver(Body):
    """`from` leaves at that instant; `to` goes on with their work."""

    leaves: Annotated[Code, Field(alias="from")]
    to: Code
    at: Instant


class NewKey(Body):
    """A key for a unit's own system, which may do what the table gives to a unit's system. `for_officers`: it may read
    contacts, sealed texts and files of secret cases for officers whom it names, each on record."""

    unit: Unit
    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,30}$")]
    until: Instant | None = None
    for_officers: bool = False


def routes(keeping: Administration, entry: Entry, who: Who) -> APIRouter:
    """Return the routes; `who` says who asks."""
    accounts = keeping.accounts

    async def administrator(viewer: Annotated[Viewer, Depends(who)]) -> Viewer:
        administers(viewer, accounts)
        return viewer

    router = own_router("/v1", tags=["accounts"])
    _people(router, keeping, entry, administrator)
    _given(router, keeping, administrator)
    _in_place(router, keeping, who, administrator)
    _keys(router, keeping, administrator)
    return router


def _people(router: APIRouter, keeping: Administration, entry: Entry, who: Who) -> None:
    pack = keeping.accounts.pack

    @router.get("/users", operation_id="list_users")
    async def users(
        _: Annotated[Viewer, Depends(who)], page: PageAsked, unit: Annotated[Unit | None, Query()] = None
    ) -> dict[str, Any]:
        """All people's accounts, by id: those of the staff list, and those made here."""
        found = [one for one in await keeping.every() if unit in {None, one.unit}]
        return _listed((shown(one) for one in found), page)

    @router.post("/users", operation_id="create_user", status_code=201)
    async def create(body: NewUser, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """Make an account. It holds nothing, and nothing opens it, until that is given."""
        return shown(await keeping.create(viewer, body.model_dump()))

    @router.get("/users/{user}", operation_id="read_user")
    async def user(user: Code, response: Response, _: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """One account: what it holds by the staff list, what it was given, for whom it stands in."""
        found = await keeping.one(user)
        response.headers["ETag"] = f'"{found.record.get("version", 0)}"'
        held = [_grant(grant) for grant in derived(found.id, found.unit, found.roles, pack())]
        given = {"grants": found.record.get("grants", []), "stands_in": list(found.stands_in)}
        return {**shown(found), "by_staff_list": held, **given}

    @router.patch("/users/{user}", operation_id="change_user")
    async def change(
        user: Code, body: ChangedUser, viewer: Annotated[Viewer, Depends(who)], if_match: Match = None
    ) -> dict[str, Any]:
        """Change an account, or close it: `active: false`. Nobody is ever deleted."""
        said = body.model_dump(exclude_unset=True)
        found = await keeping.change(viewer, user, said, version_of(if_match))
        if not found.active:
            await entry.leave_everywhere(user)
        return shown(found)

    @router.post("/users/{user}/password", operation_id="give_first_password")
    async def password(user: Code, viewer: Annotated[Viewer, Depends(who)], response: Response) -> dict[str, str]:
        """Give an account a first password, shown this once; it has to be changed when it is first used."""
        response.headers["Cache-Control"] = "no-store"
        return {"user": user, "password": await entry.first_password(user, viewer.id)}

    @router.post("/users/{user}/log-out", operation_id="log_out_user")
    async def log_out(user: Code, _: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """End all sessions of an account at once."""
        return {"user": user, "ended": await entry.leave_everywhere(user)}


def _given(router: APIRouter, keeping: Administration, who: Who) -> None:
    @router.get("/grants", operation_id="list_grants")
    async def grants(
        _: Annotated[Viewer, Depends(who)], page: PageAsked, user: Annotated[Code | None, Query()] = None,
        role: Annotated[Granted | None, Query()] = None,
    ) -> dict[str, Any]:  # fmt: skip
        """What was given here, beside the staff list; also what has ended."""
        found = (
            {"user": one.id, **each} for one in await keeping.every() if user in {None, one.id}
            for each in one.record.get("grants", ()) if role in {None, each["role"]}
        )  # fmt: skip
        return _listed(found, page)

    @router.post("/grants", operation_id="give_grant", status_code=201)
    async def give(body: NewGrant, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """Give a grant. The same one again is the one that was given."""
        return {"user": body.user, **await keeping.give(viewer, body.user, body.model_dump(exclude={"user"}))}

    @router.post("/grants/{grant}/end", operation_id="end_grant")
    async def end(grant: GrantId, body: End, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """Have a grant end; it stays on record."""
        return await keeping.end_grant(viewer, grant, body.until)


def _in_place(router: APIRouter, keeping: Administration, who: Who, administrator: Who) -> None:
    @router.get("/substitutions", operation_id="list_substitutions")
    async def substitutions(
        _: Annotated[Viewer, Depends(administrator)], page: PageAsked, user: Annotated[Code | None, Query()] = None
    ) -> dict[str, Any]:
        """Who stands in for whom, from when until when; hand-overs too."""
        found = (
            {"user": one.id, **each} for one in await keeping.every()
            for each in one.stands_in if user in {None, one.id, each["for"]}
        )  # fmt: skip
        return _listed(found, page)

    @router.post("/substitutions", operation_id="substitute", status_code=201)
    async def substitute(body: NewSubstitution, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """Have somebody stand in for another. Said by whoever keeps accounts, or by the one who is away."""
        return {"user": body.user, **await keeping.substitute(viewer, body.model_dump(by_alias=True))}

    @router.post("/substitutions/{substitution}/end", operation_id="end_substitution")
    async def end(
        substitution: GrantId, body: End, viewer: Annotated[Viewer, Depends(administrator)]
    ) -> dict[str, Any]:
        return await keeping.end_substitution(viewer, substitution, body.until)

    @router.post("/hand-overs", operation_id="hand_over", status_code=201)
    async def hand_over(body: HandOver, viewer: Annotated[Viewer, Depends(administrator)]) -> dict[str, Any]:
        """Have somebody leave, and another go on with their work from then on."""
        return {"user": body.to, **await keeping.hand_over(viewer, body.model_dump(by_alias=True))}


def _keys(router: APIRouter, keeping: Administration, who: Who) -> None:
    @router.get("/keys", operation_id="list_keys")
    async def keys(
        _: Annotated[Viewer, Depends(who)], page: PageAsked, unit: Annotated[Unit | None, Query()] = None
    ) -> dict[str, Any]:
        """The keys of units' own systems, also revoked ones; never the keys themselves."""
        return _listed((_key(one) for one in await keeping.every(SYSTEM) if unit in {None, one.unit}), page)

    @router.post("/keys", operation_id="issue_key", status_code=201)
    async def issue(body: NewKey, viewer: Annotated[Viewer, Depends(who)], response: Response) -> dict[str, Any]:
        """Make a key for a unit's own system. It is shown this once."""
        response.headers["Cache-Control"] = "no-store"
        found, key = await keeping.issue_key(viewer, body.model_dump())
        return {**_key(found), "key": key}

    @router.post("/keys/{key}/revoke", operation_id="revoke_key")
    async def revoke(key: GrantId, viewer: Annotated[Viewer, Depends(who)]) -> dict[str, Any]:
        """Make a key open nothing, at once and for good."""
        return _key(await keeping.revoke_key(viewer, key))


def shown(of: Account) -> dict[str, Any]:
    """Show an account: nothing of what opens it but whether there is such a thing."""
    record = of.record
    return {
        "id": of.id, "version": record.get("version", 0), "kind": of.kind, "name": of.name, "unit": of.unit,
        "locale": of.locale, **{name: record.get(name) for name in ("email", "phone", "subject")}, "active": of.active,
        "until": instant(of.until) if of.until else record.get("token_until"), "roles": list(of.roles),
        "has_password": bool(record.get("password")), "has_token": bool(record.get("token")),
    }  # fmt: skip


def _key(of: Account) -> dict[str, Any]:
    return {**shown(of), "for_officers": bool(of.record.get("for_officers"))}


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "role": grant.role, "unit": grant.unit, "town": grant.town, "raised_by": grant.raised_by, "filer": grant.filer,
        "audiences": sorted(grant.audiences) if grant.audiences is not None else None,
        "channels": sorted(grant.channels) if grant.channels is not None else None, "ceiling": grant.ceiling,
    }  # fmt: skip


def _listed(found: Iterable[dict[str, Any]], page: Page) -> dict[str, Any]:
    """Show a page of what is few enough to be read whole."""
    rows = sorted(found, key=lambda one: str(one["id"]))
    if page.after is not None:
        rows = [one for one in rows if one["id"] > page.after.id]
    return page.of(rows, lambda one: Cursor(None, one["id"]))
