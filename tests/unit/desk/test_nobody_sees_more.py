"""Nobody sees or changes what is outside their scope, by whatever door: random accounts, grants and cases, over HTTP.

What an account shows is said once more here, grant by grant, as the design page has it (`within`).
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from sanfu.contracts.envelope import instant
from sanfu.desk.accounts import digest
from sanfu.desk.domain.accounts import given as read
from sanfu.desk.entrypoints.board import Looks, watch
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.runtime.sealing import Keys
from tests.support import cases
from tests.support.cases import MORNING, Desk, as_user, token
from tests.unit.desk.test_scope import AUDIENCES, CHANNELS, ROLES, TOWNS, UNITS, within
from tests.unit.desk.test_scope import cases as some_cases
from tests.unit.desk.test_table import SAID

USERS = ("user-a", "user-b", "user-c")
KEYS = Keys("k1", {"k1": b"k" * 32}, b"i" * 32)
instants = st.sampled_from([None, MORNING - timedelta(days=1), MORNING, MORNING + timedelta(days=1)])
written = instants.map(lambda moment: instant(moment) if moment else None)


@st.composite
def grants(draw: st.DrawFn) -> dict[str, Any]:
    """A grant as an account's document has it."""
    place = draw(st.sampled_from(["unit", "town", "raised_by", "nowhere"]))
    return {
        "id": "g", "by": "x", "role": draw(st.sampled_from([*ROLES, "auditor"])),
        "unit": draw(st.sampled_from(UNITS)) if place == "unit" else None,
        "town": draw(st.sampled_from(TOWNS)) if place == "town" else None,
        "raised_by": draw(st.sampled_from(["fotang", "fotang-beilei"])) if place == "raised_by" else None,
        "audiences": draw(st.none() | st.lists(st.sampled_from(AUDIENCES), max_size=2)),
        "channels": draw(st.none() | st.lists(st.sampled_from(CHANNELS), max_size=2)),
        "ceiling": draw(st.sampled_from(["open", "internal", "confidential", "sealed"])),
        "since": draw(written), "until": draw(written),
    }  # fmt: skip


@st.composite
def accounts(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Three accounts; some stand in for others."""
    found = {}
    for id in USERS:
        terms = draw(st.lists(st.tuples(st.sampled_from(USERS), written, written), max_size=1))
        found[id] = {
            "_id": id, "version": 1, "kind": "person", "name": id, "unit": draw(st.sampled_from(UNITS)),
            "active": draw(st.sampled_from([True, True, True, False])), "token": digest(token(id)),
            "grants": draw(st.lists(grants(), max_size=3)),
            "stands_in": [
                {"id": "s", "by": "x", "for": away, "since": since, "until": until, "why": "substitution"}
                for away, since, until in terms if away != id
            ],
        }  # fmt: skip
    return found


def lasts(term: Mapping[str, Any]) -> bool:
    now = instant(MORNING)
    return (term["since"] is None or term["since"] <= now) and (term["until"] is None or now < term["until"])


def shown(id: str, known: Mapping[str, Any], case: dict[str, Any]) -> bool:
    """Say what an account shows: its own grants, and those of whom it stands in for now; nothing if it is closed."""
    account = known[id]
    held = [*account["grants"], *(g for t in account["stands_in"] if lasts(t) for g in known[t["for"]]["grants"])]
    return account["active"] and any(within(read(grant), case) for grant in held)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = cases.desk((), keys=KEYS.written().decode())
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()


def put(desk: Desk, known: Mapping[str, Any], found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    desk.documents.others["users"].clear()
    desk.documents.others["users"].update({id: dict(account) for id, account in known.items()})
    documents = {
        f"i-{n}": {**case, "_id": f"i-{n}", "p": 0, "ver": 1, "seen": {}, "out": 1, "outbox": []}
        for n, case in enumerate(found)
    }
    desk.documents.documents.clear()
    desk.documents.documents.update({id: dict(case) for id, case in documents.items()})
    return documents


async def everything(desk: Desk, user: str, **filters: str) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await desk.get(user, "/v1/cases", limit="2", **filters, **cursor)).json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def looked(desk: Desk, user: str) -> tuple[int, set[str]]:
    """Return what the live stream shows first: how many are open, and which are listed."""
    use = cases.use_cases(desk, desk.documents.others)
    who = await use.accounts.person(user)
    assert who is not None
    stream = watch(Looks(use), who, lambda: use.accounts.person(user))
    seen = await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    assert seen is not None
    return sum(row.count for row in seen.rows), {case["_id"] for case in seen.urgent}


@given(known=accounts(), found=st.lists(some_cases(), min_size=1, max_size=5), name=st.sampled_from(sorted(BODIES)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_nobody_sees_or_changes_what_is_outside_their_scope_by_whatever_door(
    desk: Desk, known: dict[str, Any], found: list[dict[str, Any]], name: str
) -> None:
    for user in USERS:
        documents = put(desk, known, found)
        if not known[user]["active"]:
            assert (await desk.get(user, "/v1/cases")).status_code == 401
            continue
        mine = {id for id, case in documents.items() if shown(user, known, case)}
        still = {id for id in mine if documents[id]["open"]}
        assert set(await everything(desk, user)) == still
        assert set(await everything(desk, user, state="closed")) == mine - still
        assert (await desk.get(user, "/v1/counts")).json()["open"] == len(still)
        assert await looked(desk, user) == (len(still), still)
        for id in documents:
            await by_its_id(desk, user, id, name, seen=id in mine)


async def by_its_id(desk: Desk, user: str, id: str, name: str, *, seen: bool) -> None:
    read = await desk.get(user, f"/v1/cases/{id}")
    assert read.status_code == (200 if seen else 404)
    contact = await desk.get(user, f"/v1/cases/{id}/contact", purpose="核实")
    assert contact.status_code in ((200, 403) if seen else (404,))
    before = dict(desk.documents.documents[id])
    answer = await desk.order(user, id, name, SAID[name])
    if not seen:
        unknown = await desk.order(user, "i-unknown", name, SAID[name])
        assert (answer.status_code, answer.json()["type"]) == (404, unknown.json()["type"]), "no telling them apart"
        assert desk.documents.documents[id] == before
    listed = (await desk.get(user, "/v1/readings", case=id)).json()
    assert seen or not listed.get("items"), "who does not see a case does not see who read it"


@pytest.mark.parametrize("wanted", [(True, True), (False, False), (True, False)])
def test_it_is_asked_of_cases_that_are_seen_and_of_such_that_are_not(wanted: tuple[bool, bool]) -> None:
    """Seen, not seen, and seen in another's place have to come up, or the property above says nothing."""

    def comes_up(world: tuple[dict[str, Any], dict[str, Any]]) -> bool:
        known, case = world
        own = any(within(read(grant), case) for grant in known["user-a"]["grants"])
        return (shown("user-a", known, case), own) == wanted

    find(st.tuples(accounts(), some_cases()), comes_up, settings=settings(max_examples=5000, derandomize=True))


def test_every_command_has_something_to_say() -> None:
    assert set(SAID) == set(BODIES)
    assert as_user("user-a")
