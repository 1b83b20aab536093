"""Why somebody can or can't see a case: the explanation says what the desk does, in words."""

import pytest
from hypothesis import given, settings

from sanfu.contracts import names
from sanfu.desk.domain.accounts import account
from sanfu.desk.domain.explaining import explained
from sanfu.desk.domain.rules import offered
from sanfu.desk.domain.scope import Viewer, covering, scope
from sanfu.desk.entrypoints.access import WORDS
from tests.support import cases
from tests.support.cases import (
    ADMINISTRATOR,
    HEAD,
    LEADER,
    OFFICE,
    OFFICER,
    OTHER,
    Desk,
    Story,
    as_user,
    assigned,
    submitted,
)  # fmt: skip
from tests.unit.desk.test_accounts import at, done, give, known
from tests.unit.desk.test_scope import NOW, PACK, TREE, people
from tests.unit.desk.test_scope import cases as some_cases


async def words(desk: Desk, user: str, lang: str = "en", case: str = "i-1") -> list[str]:
    found = await done(desk, "GET", f"/v1/access?user={user}&case={case}&lang={lang}")
    return list(found["words"])


async def test_it_names_the_condition_that_fails(desk: Desk) -> None:
    await known(desk)
    assert await words(desk, OTHER) == [
        "赵甲子 (tax-officer) does not see i-1.",
        "- staff list: officer: does not show it",
        "    secrecy: wants confidential, internal, open; the case has internal: holds",
        "    unit taking part: wants tax; the case has urban-management: fails",
        "- staff list: officer: does not show it",
        "    secrecy: wants internal, open; the case has internal: holds",
        "    waits to be followed up by (no part of one's own unit, or of one above or below it): wants again; the "
        "case has nothing: fails",
    ]


async def test_it_names_the_commands_of_each_grant_and_what_may_be_read(desk: Desk) -> None:
    await known(desk)
    said = await words(desk, OFFICER, "zh")
    assert said[0] == "李癸酉（urban-management-officer）看得到 i-1。"
    assert "    承办或参与单位：要求 urban-management；本件为 urban-management，符合" in said
    assert any(line.startswith("现在可做：签收") for line in said)
    assert said[-1] == "可查阅联系方式（须写明用途）：填报人, 原文, 诉求人"
    assert (await words(desk, LEADER))[-1] == "May not read the contact: only the unit that leads and the office may"


async def test_it_tells_of_grants_that_are_over_and_of_those_in_anothers_place(desk: Desk) -> None:
    await known(desk)
    await give(desk, OTHER, "liaison", town="fotang", until=at(1))
    await done(desk, "POST", "/v1/substitutions", {"user": OTHER, "for": HEAD, "since": at(2), "until": at(4)})
    desk.advance(hours=2)
    said = await words(desk, OTHER)
    assert "- given: liaison tax-officer:g1: does not show it" in said
    assert "    not in force (… to 2026-05-06 02:00)" in said
    assert f"- substitution: unit head (for {HEAD}): shows it" in said


async def test_it_says_who_is_recused(desk: Desk) -> None:
    await known(desk, complains_of=["three-services-office"])
    said = await words(desk, OFFICE)
    assert "Recused: the issue complains of their unit; they are not told who said so, and decide nothing." in said


async def test_of_a_sealed_case_it_tells_nothing_but_that(desk: Desk) -> None:
    sealed = submitted(secrecy="sealed", text=None, title="已移交", place={"town": "fotang"})
    await desk.tell(Story("i-1"), ("intake", names.ISSUE_SUBMITTED, sealed))
    found = await done(desk, "GET", f"/v1/access?user={OFFICER}&case=i-1")
    assert found["sees"] is False
    assert "hotline" not in str(found)
    assert "fotang" not in str(found)


async def test_it_holds_no_text_and_is_asked_by_few(desk: Desk) -> None:
    await known(desk, title="路灯不亮 甲某")
    found = await done(desk, "GET", f"/v1/access?user={OFFICER}&case=i-1")
    assert "路灯" not in str(found)
    for user in (OFFICER, OFFICE, LEADER):
        assert (await desk.client.get(f"/v1/access?user={user}&case=i-1", headers=as_user(user))).status_code == 403
    for path in (f"user={OFFICER}&case=i-9", "user=nobody&case=i-1"):
        assert (await desk.client.get(f"/v1/access?{path}", headers=as_user(ADMINISTRATOR))).status_code == 404


async def test_operators_ask_with_their_token() -> None:
    made = cases.desk(ops_token="an-operators-token")
    await made.service.start()
    async with made.client:
        await made.tell(
            Story("i-1"), ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.ISSUE_ASSIGNED, assigned())
        )
        path = f"/ops/access?user={OFFICER}&case=i-1&lang=zh"
        assert (await made.client.get(path)).status_code == 401
        answer = await made.client.get(path, headers={"Authorization": "Bearer an-operators-token"})
        assert answer.json()["sees"] is True
    await made.stop()


@given(people, some_cases())
@settings(max_examples=200, deadline=None)
def test_it_agrees_with_the_scope(who: Viewer, case: dict[str, object]) -> None:
    case = {**case, "_id": "i-1"}
    of = account("tax-officer", {"unit": who.unit}, PACK)
    assert of is not None
    found = explained(of, (("given", None, grant) for grant in who.grants), case, TREE, NOW, pack=PACK)
    mine = scope(who, TREE, NOW)
    assert found["sees"] == bool(covering(mine, case))
    assert found["commands"] == list(offered(case, mine, of.id, PACK))
    assert found["sees"] == any(each["shows"] for each in found["grants"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_languages_have_the_same_words(lang: str) -> None:
    assert WORDS[lang].keys() == WORDS["zh"].keys()
