"""The board's page: who gets in, what it shows, what it lets no browser do."""

from datetime import timedelta

import pytest

from sanfu.contracts import names
from sanfu.desk.accounts import give_tokens
from sanfu.desk.adapters.memory import MemoryShelf
from sanfu.desk.domain.table import STATES as ALL_STATES
from sanfu.desk.domain.table import TABLE
from sanfu.desk.entrypoints.board import Looks, watch
from sanfu.desk.entrypoints.door_words import DOOR
from sanfu.desk.entrypoints.words import COMMANDS, LIGHTS, ROLES, STATES, WORDS, left
from tests.support import cases
from tests.support.cases import (
    LEADER,
    MORNING,
    OFFICER,
    OTHER,
    Desk,
    Story,
    assigned,
    deadline,
    light,
    submitted,
    token,
)


async def case(desk: Desk, subject: str, level: str, title: str, **more: object) -> None:
    limit = MORNING + timedelta(hours=-3 if level == "red" else 20)
    await desk.tell(
        Story(subject),
        ("intake", names.ISSUE_SUBMITTED, submitted(title=title, receipt=f"YW-{subject}", **more)),
        ("router", names.ISSUE_ASSIGNED, assigned(urgency=more.get("urgency", "normal"))),
        ("sla", names.DEADLINE_SET, deadline(limit)),
        ("sla", names.LIGHT_CHANGED, light(level, limit)),
    )


async def login(desk: Desk, user: str) -> None:
    answer = await desk.client.post(
        "/login?lang=zh", content=f"token={token(user)}", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 303, answer.text
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_a_light_is_shown_by_colour_shape_and_word(desk: Desk, lang: str) -> None:
    await case(desk, "i-1", "red", "路灯不亮")
    await case(desk, "i-2", "yellow", "井盖缺失")
    await login(desk, LEADER)
    page = (await desk.client.get(f"/board?lang={lang}")).text
    for level in ("red", "yellow", "none"):
        assert LIGHTS[lang][level] in page
        assert f'class="shape {level}"' in page
    assert page.index("路灯不亮") < page.index("井盖缺失"), "red comes first"
    assert left(-3 * 3600, lang) in page
    assert '<noscript><meta http-equiv="refresh"' in page


@pytest.mark.parametrize(("lang", "word"), [("zh", "危急"), ("en", "Emergency")])
async def test_an_emergency_stands_first_and_says_so(desk: Desk, lang: str, word: str) -> None:
    await case(desk, "i-1", "red", "路灯不亮")
    await case(desk, "i-2", "none", "厂房起火", urgency="emergency")
    await login(desk, LEADER)
    page = (await desk.client.get(f"/board?lang={lang}")).text
    assert f'<b class="pressing emergency">{word}</b> 厂房起火' in page
    assert page.index("厂房起火") < page.index("路灯不亮")
    assert page.count('<b class="pressing') == 1, "nothing stands beside what is normal"


async def test_what_reporters_wrote_is_text_never_markup(desk: Desk) -> None:
    await case(desk, "i-1", "red", "<script>alert(1)</script>")
    await login(desk, LEADER)
    page = (await desk.client.get("/board")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


async def test_what_stands_in_a_title_can_not_leave_its_attribute(desk: Desk) -> None:
    await case(desk, "i-1", "red", '" onmouseover="alert(1)')
    await login(desk, LEADER)
    assert 'onmouseover="' not in (await desk.client.get("/board")).text


async def test_the_page_lets_nothing_in_from_elsewhere(desk: Desk) -> None:
    await login(desk, LEADER)
    answer = await desk.client.get("/board")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["cache-control"] == "no-store"
    for name in ("board.css", "board.js", "board.svg"):
        part = await desk.client.get(f"/board/{name}")
        assert part.status_code == 200
        assert "http://" not in part.text.replace("http://www.w3.org/2000/svg", "")


async def test_the_board_shows_what_its_viewer_may_see(desk: Desk) -> None:
    await case(desk, "i-1", "red", "路灯不亮")
    for user, seen in ((OFFICER, True), (OTHER, False), ("system-administrator", False)):
        desk.client.cookies.clear()
        await login(desk, user)
        page = (await desk.client.get("/board")).text
        assert ("路灯不亮" in page) is seen, user


async def test_the_door_stays_shut_without_a_right_token(desk: Desk) -> None:
    assert (await desk.client.get("/board?lang=en")).headers["location"] == "/login?lang=en"
    wrong = await desk.client.post("/login", content="token=guess")
    assert (wrong.status_code, DOOR["zh"]["wrong"] in wrong.text) == (401, True)
    assert (await desk.client.get("/v1/live")).status_code == 401
    elsewhere = {"Origin": "http://evil.example"}
    assert (await desk.client.post("/login", content=f"token={token(LEADER)}", headers=elsewhere)).status_code == 403


async def test_a_cookie_that_was_tampered_with_opens_nothing(desk: Desk) -> None:
    await login(desk, OTHER)
    cookie = desk.client.cookies["sanfu_desk"]
    for forged in (cookie[:-1], cookie + "x", cookie.swapcase(), "x", ""):
        desk.client.cookies.clear()
        answer = await desk.client.get("/board", headers={"Cookie": f"sanfu_desk={forged}"})
        assert answer.status_code == 303, forged


async def test_a_session_ends_with_its_token_and_orders_nothing(desk: Desk) -> None:
    await case(desk, "i-1", "red", "路灯不亮")
    await login(desk, OFFICER)
    ordered = await desk.client.post("/v1/cases/i-1/acknowledge", json={}, headers={"Idempotency-Key": "k"})
    assert ordered.status_code == 401, "a cookie gives no command"
    assert (await desk.client.post("/logout")).status_code == 303
    assert (await desk.client.get("/board")).status_code == 303


async def test_a_token_that_is_not_in_the_file_any_more_opens_nothing() -> None:
    shelf = MemoryShelf()
    await give_tokens(shelf, {"a": "a" * 32, "b": "b" * 32})
    before = {id: each["token"] for id, each in shelf.documents.items()}
    await give_tokens(shelf, {"b": "b" * 32})
    assert shelf.documents["a"]["token"] is None
    assert shelf.documents["b"]["token"] == before["b"]
    assert "a" * 32 not in str(shelf.documents)


async def test_the_live_stream_tells_of_a_change_once_and_only_of_changes(desk: Desk) -> None:
    await case(desk, "i-1", "none", "路灯不亮")
    use = cases.use_cases(desk)
    who = await use.accounts.person(LEADER)
    assert who is not None
    stream = watch(Looks(use), who, lambda: use.accounts.person(LEADER))
    first = await anext(stream)
    assert first is not None
    assert [row.light for row in first.rows] == ["none"]
    await case(desk, "i-2", "red", "井盖缺失")
    second = await anext(stream)
    assert second is not None
    assert {row.light for row in second.rows} == {"none", "red"}
    await stream.aclose()  # type: ignore[attr-defined]


def test_every_word_and_state_has_both_languages() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    for language in ("zh", "en"):
        assert set(STATES[language]) == set(ALL_STATES)
    assert set(COMMANDS) == {command for _, command, _ in TABLE}
    assert {role for _, _, role in TABLE} <= set(ROLES)


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (3600 * 26 + 59, "剩 1 天 2 小时", "1 d 2 h left"),
        (-60 * 61, "超期 1 小时 1 分钟", "1 h 1 min late"),
        (-5, "超期 不到 1 分钟", "under 1 min late"),
    ],
)
def test_time_left_is_said_in_its_two_largest_parts(seconds: int, zh: str, en: str) -> None:
    assert (left(seconds, "zh"), left(seconds, "en")) == (zh, en)


async def test_a_case_that_is_late_by_another_clock_shows_by_how_much_it_is_late(desk: Desk) -> None:
    missed, promised = MORNING - timedelta(hours=2), MORNING + timedelta(hours=20)
    await desk.tell(
        Story("i-1"),
        ("intake", names.ISSUE_SUBMITTED, submitted(title="路灯不亮", receipt="YW-i-1")),
        ("router", names.ISSUE_ASSIGNED, assigned()),
        ("sla", names.DEADLINE_SET, deadline(promised)),
        ("sla", names.DEADLINE_SET, deadline(missed, clock="acknowledge")),
        ("sla", names.LIGHT_CHANGED, light("red", missed, clock="acknowledge")),
    )
    await login(desk, LEADER)
    assert left(-2 * 3600, "en") in (await desk.client.get("/board?lang=en")).text
