"""Nobody sees or changes a case through an id in a body: a case out of scope is as one that does not exist."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.desk.accounts import digest
from sanfu.runtime.sealing import Keys
from tests.support import cases
from tests.support.cases import MORNING, PDF, Desk, token
from tests.unit.desk.test_nobody_sees_more import put, shown
from tests.unit.desk.test_scope import cases as some_cases
from tests.unit.desk.test_table import EXAMPLES, SAID

KEYS = Keys("k1", {"k1": b"k" * 32}, b"i" * 32)
World = tuple[dict[str, Any], list[dict[str, Any]]]
GRANT: Mapping[str, Any] = {
    "id": "g", "by": "x", "unit": None, "town": None, "raised_by": None, "audiences": None, "channels": None,
    "ceiling": "confidential", "since": None, "until": None,
}  # fmt: skip
NOWHERE = "i-404"
LATER = instant(MORNING + timedelta(days=2))
CALL = {"kind": "weekly_joint", "title": "每周会商", "at": LATER, "units": []}
ON_CASES: tuple[tuple[str, str], ...] = (("merge", "head"), ("support", "issue"), ("remind", "issue"))
"""Commands on a case that name another, and the field."""
ON_AFFAIRS: Mapping[str, dict[str, Any]] = {
    "/v1/orders": {"level": "normal", "unit": "tax", "text": "请按期答复。"},
    "/v1/meetings": CALL,
}


def account(id: str, grants: list[dict[str, Any]]) -> dict[str, Any]:
    same = {"version": 1, "kind": "person", "unit": "tax", "active": True, "stands_in": []}
    return {**same, "_id": id, "name": id, "token": digest(token(id)), "grants": grants}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Somebody who sees the first case and does not see the second, and these cases."""
    found = draw(st.lists(some_cases(), min_size=2, max_size=3))
    by, own, other = draw(
        st.sampled_from(
            [("channels", "web", "hotline"), ("audiences", "resident", "enterprise"), ("town", "fotang", None)]
        )
    )
    field = by.removesuffix("s")
    secrecy = draw(st.sampled_from(["open", "internal", "confidential"]))
    found[0] |= {field: own, "secrecy": secrecy}
    found[1] |= {field: other}
    roles = draw(st.lists(st.sampled_from(["reviewer", "coordination_office", "hotline_operator"]), min_size=1))
    narrow = {by: own if by == "town" else [own]}
    grants = [{**GRANT, "role": role, **narrow} for role in roles]
    return {"user-a": account("user-a", grants)}, found


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = cases.desk((), keys=KEYS.written().decode())
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()


@pytest.mark.parametrize(("name", "field"), ON_CASES)
@given(world=worlds())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_command_that_names_a_case_out_of_scope_is_answered_as_if_it_were_nowhere(
    desk: Desk, name: str, field: str, world: World
) -> None:
    mine, hidden = seen_and_not(desk, world)
    for id in hidden:
        before = dict(desk.documents.documents[id])
        answers = []
        for other in (id, NOWHERE):
            put(desk, *world)
            answers.append(await desk.order("user-a", mine[0], name, {**SAID[name], field: other}))
        assert told(answers[0], id) == told(answers[1], NOWHERE)
        assert desk.documents.documents[id] == before


@pytest.mark.parametrize("path", ON_AFFAIRS)
@given(world=worlds())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_an_affair_made_about_a_case_out_of_scope_is_answered_as_if_it_were_nowhere(
    desk: Desk, path: str, world: World
) -> None:
    mine, hidden = seen_and_not(desk, world)
    for id in hidden:
        before = dict(desk.documents.documents[id])
        answers = [
            await desk.make("user-a", path, {**ON_AFFAIRS[path], "issues": [*mine, other]}) for other in (id, NOWHERE)
        ]
        assert answers[0].status_code >= 400
        assert told(answers[0], id) == told(answers[1], NOWHERE)
        assert desk.documents.documents[id] == before
        assert not desk.published(names.AFFAIRS)


def seen_and_not(desk: Desk, world: World) -> tuple[list[str], list[str]]:
    documents = put(desk, *world)
    mine = [id for id, case in documents.items() if shown("user-a", world[0], case)]
    hidden = [id for id in documents if id not in mine]
    assert mine and hidden, "or this says nothing"
    return mine, hidden


async def test_a_file_of_a_case_out_of_scope_is_no_evidence_for_another(desk: Desk) -> None:
    office = {**GRANT, "role": "coordination_office"}
    known = {
        id: account(id, [{**office, "channels": channels}]) for id, channels in (("user-a", ["web"]), ("user-b", None))
    }
    mine, theirs = ({**EXAMPLES["contacted"], "channel": channel, "ver": 1} for channel in ("web", "hotline"))
    put(desk, known, [mine, theirs])
    kept = (await desk.keep("user-b", "i-1", PDF)).json()
    named = {name: kept[name] for name in ("id", "sha256", "media_type", "size")}
    said = {"of": "contact", "reason": "匿名", "evidence": [named]}
    answer = await desk.order("user-a", "i-0", "exempt", said)
    nowhere = await desk.order("user-a", "i-0", "exempt", {**said, "evidence": [{**named, "id": "f-404"}]})
    assert answer.status_code == 422
    assert told(answer, kept["id"]) == told(nowhere, "f-404")


def told(answer: httpx.Response, id: str) -> tuple[int, str]:
    """Return all that an answer says, but for the id that was named and for what numbers each request."""
    said = {name: value for name, value in answer.json().items() if name not in {"trace", "instance", "request"}}
    return answer.status_code, str(said).replace(id, "…")
