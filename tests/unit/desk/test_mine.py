"""The party's own pages: who comes in, what is shown and what is not, what can be said; a robot that looks first."""

import base64
import re
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from sanfu.contracts import names, receipts
from sanfu.contracts.envelope import moment
from sanfu.contracts.registry import codec
from sanfu.desk.entrypoints.party_view import shown
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.links import Link, Links
from sanfu.runtime.sealing import Sealer
from tests.support import cases
from tests.support.assembling import KEYS, RING
from tests.support.cases import CALLER, OFFICE, OFFICER, REVIEWER, Desk, Story, assigned, deadline, review, submitted
from tests.support.eventually import eventually
from tests.support.following import REPLY, SPARED, handled, seen, told
from tests.support.packs import shipped
from tests.unit.desk.test_petitions import UPHELD, closed

LINKS = Links.of(KEYS)
PHONE = "13911112222"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = cases.desk(keys=RING)
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()


def link(number: str = SPARED, what: str = "t", until: datetime | None = None) -> str:
    return "/my/" + LINKS.token(Link(number, what, until or cases.MORNING + timedelta(days=30)))


async def look(desk: Desk, path: str, lang: str = "en") -> httpx.Response:
    return await desk.client.get(path, params={"lang": lang})


async def say(desk: Desk, path: str, command: str, key: str = "k1", **said: str) -> httpx.Response:
    answer = await desk.client.post(f"{path}/{command}", data={"key": key, **said}, params={"lang": "en"})
    await desk.service.commands.drain()
    return answer


def offered(page: httpx.Response) -> list[str]:
    return re.findall(r'action="/my/[^"/]+/([a-z_]+)\?', page.text)


# ── who comes in ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def with_contact(desk: Desk, receipt: str = "YW-7K2", **more: Any) -> None:
    await desk.tell(Story("i-1"), ("intake", names.ISSUE_SUBMITTED, submitted(receipt=receipt, **more)))
    sealed = Sealer(KEYS).seal(orjson.dumps({"name": "王小明", "phone": PHONE}), b"i-1/intake/party")
    nonce, text = (base64.b64encode(part).decode() for part in (sealed.nonce, sealed.box))
    box = {"key": sealed.key_id, "nonce": nonce, "sealed": text}
    body = {"issue": "i-1", "writer": "intake", "version": 1, "party": box}
    await desk.broker.publish([Outgoing(names.CONTACTS, "i-1/intake", codec.encode(names.CONTACT_RECORD, body), ())])
    await eventually(lambda: bool(desk.documents.others["contacts"]))


async def enter(desk: Desk, number: str, digits: str) -> httpx.Response:
    return await desk.client.post("/my", data={"number": number, "digits": digits}, params={"lang": "en"})


async def test_a_party_finds_its_report_by_number_and_phone(desk: Desk) -> None:
    await with_contact(desk)
    answer = await enter(desk, " yw-7k2 ", "2222")
    assert answer.status_code == 303
    assert "路灯不亮" in (await look(desk, answer.headers["location"])).text
    desk.advance(minutes=30)
    assert (await look(desk, answer.headers["location"])).status_code == 404, "a visit ends"


@pytest.mark.parametrize(
    "written", [str, str.lower, lambda text: text.replace("-", ""), lambda text: text.replace("-", " — ")]
)
async def test_a_number_opens_however_it_is_written_down(desk: Desk, written: Callable[[str], str]) -> None:
    number = receipts.number("0f1e2d3c4b5a697", shipped().receipt_prefix)
    await with_contact(desk, number)
    assert (await enter(desk, written(number), "2222")).status_code == 303


async def test_after_five_wrong_tries_one_waits_whatever_the_number_and_the_right_one_too(desk: Desk) -> None:
    await with_contact(desk)
    for number in ("YW-7K2", "YW-7K2", "YW-404", "YW-404", "YW-404"):
        assert (await enter(desk, number, "0000")).status_code == 401
    answer = await enter(desk, "YW-7K2", "2222")
    assert (answer.status_code, "location" in answer.headers) == (429, False)


@pytest.mark.parametrize("digits", ["", "222", "1111", "²²²²"])
async def test_nobody_comes_in_without_the_right_digits(desk: Desk, digits: str) -> None:
    await with_contact(desk)
    assert (await enter(desk, "YW-7K2", digits)).status_code == 401


async def test_a_number_without_a_phone_opens_to_nobody(desk: Desk) -> None:
    await desk.tell(Story("i-1"), ("intake", names.ISSUE_SUBMITTED, submitted(receipt="YW-7K2", contact="none")))
    for digits in ("", "0000"):
        assert (await enter(desk, "YW-7K2", digits)).status_code == 401


async def test_a_link_that_was_changed_or_has_ended_opens_nothing(desk: Desk) -> None:
    await handled(desk)
    good = link()
    assert (await look(desk, good)).status_code == 200
    other = good.replace(f"/my/{SPARED}.", "/my/YW-99.")
    ended = link(until=cases.MORNING)
    for bad in (good[:-1] + ("A" if good[-1] != "A" else "B"), other, ended, "/my/nonsense", "/my/a.b.c.d"):
        assert (await look(desk, bad)).status_code == 404, bad
        assert (await say(desk, bad, "remind")).status_code == 404, bad


# ── what is shown ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_page_tells_state_unit_date_and_replies_in_plain_words_and_names_nobody(desk: Desk) -> None:
    story = await handled(desk)
    page = (await look(desk, link(), "zh")).text
    for visible in (SPARED, "路灯不亮", REPLY, "已办结，等待您评价或回访"):
        assert visible in page
    for hidden in (OFFICER, CALLER, "urban-management", "抽"):
        assert hidden not in page
    await desk.tell(story, ("sla", names.DEADLINE_SET, deadline(moment("2026-05-06T09:30:00.000Z"))))
    await desk.order(CALLER, "i-1", "void", {"text": "内部核查记录"})
    page = (await look(desk, link(), "zh")).text
    assert "经核实未办好" in page
    assert "2026-05-06 17:30" in page
    for hidden in ("内部核查记录", REPLY):
        assert hidden not in page


async def test_of_a_confidential_report_no_text_is_shown_and_of_a_sealed_one_that_it_was_handed_over(
    desk: Desk,
) -> None:
    await handled(desk, secrecy="confidential", text=None, title="保密事项")
    page = await look(desk, link(), "zh")
    assert "保密事项办理" in page.text
    for hidden in (REPLY, "<textarea", "城市管理"):
        assert hidden not in page.text
    assert offered(page)
    desk.documents.documents["i-1"]["secrecy"] = "sealed"
    page = await look(desk, link(), "zh")
    assert "已移交" in page.text
    assert "已办结" not in page.text
    assert offered(page) == []
    assert (await say(desk, link(), "remind")).status_code == 404


async def test_the_page_is_kept_by_nobody_and_loads_nothing_from_elsewhere(desk: Desk) -> None:
    await handled(desk)
    headers = (await look(desk, link())).headers
    assert headers["cache-control"] == "no-store"
    assert "noindex" in headers["x-robots-tag"]
    assert "default-src 'none'" in headers["content-security-policy"]


# ── what is said ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_robot_that_opens_a_link_changes_nothing_and_the_party_answers_afterwards_once(desk: Desk) -> None:
    await handled(desk)
    before = desk.published()
    for _ in range(3):
        page = await look(desk, link(what="f1"))
        assert "rate" in offered(page)
    assert desk.published() == before
    first = await say(desk, link(what="f1"), "rate", resolved="yes", satisfied="5", reason="灯亮了，谢谢")
    assert (first.status_code, (await seen(desk))["closed_as"]) == (303, "resolved")
    [told_once] = told(desk, names.ISSUE_FOLLOWED_UP)
    assert (told_once["method"], told_once["satisfied"], told_once["by"]["role"]) == ("link", 5, "party")
    again = await say(desk, link(what="f1"), "rate", resolved="yes", satisfied="5", reason="灯亮了，谢谢")
    assert again.status_code == 303, "sent twice by the same form"
    other = await say(desk, link(what="f1"), "rate", key="k2", resolved="no")
    assert other.status_code == 409
    assert len(told(desk, names.ISSUE_FOLLOWED_UP)) == 1


async def test_not_resolved_by_link_is_asked_further_by_a_call_and_cannot_become_unreachable(desk: Desk) -> None:
    await handled(desk)
    await say(desk, link(), "rate", resolved="no", satisfied="1", reason="还是不亮")
    found = await seen(desk)
    assert (found["state"], found["need"]) == ("handled", "call")
    assert "rate" not in offered(await look(desk, link()))
    assert (await say(desk, link(), "rate", key="k2", resolved="yes")).status_code == 409
    declined = await desk.order(CALLER, "i-1", "follow_up", {"resolved": "declined"})
    assert declined.json()["type"].endswith("party-has-said")
    answer = await desk.order(CALLER, "i-1", "follow_up", {"resolved": "no", "satisfied": 1})
    assert (answer.json()["state"], answer.json()["case"]["unsatisfied"]) == ("followed_up", [1])
    assert told(desk, names.ISSUE_FOLLOWED_UP)[0]["attempts"] == 2


@pytest.mark.parametrize("said", [{}, {"resolved": "yes", "satisfied": "6"}, {"resolved": "maybe"}, {"x": "y"}])
async def test_a_form_that_is_not_right_is_shown_again(desk: Desk, said: dict[str, str]) -> None:
    await handled(desk)
    assert (await say(desk, link(), "rate", **said)).status_code == 422
    assert (await seen(desk))["state"] == "handled"


async def test_a_link_ends_with_its_window(desk: Desk) -> None:
    await handled(desk, grade="complex")
    until = moment(told(desk, names.FOLLOW_UP_PLANNED)[0]["link_until"])
    desk.clock.set(until - timedelta(seconds=1))
    assert "rate" in offered(await look(desk, link(until=until)))
    desk.clock.set(until)
    assert (await look(desk, link(until=until))).status_code == 404
    assert "rate" not in offered(await look(desk, link(until=until + timedelta(days=1))))


async def test_a_party_reminds_once_a_day_and_sees_that_it_did(desk: Desk) -> None:
    await desk.tell(
        Story("i-1"),
        ("intake", names.ISSUE_SUBMITTED, submitted(receipt=SPARED)),
        ("router", names.ISSUE_ASSIGNED, assigned()),
    )
    assert (await say(desk, link(), "remind", text="我的电话13911112222")).status_code == 303
    assert PHONE not in str(desk.published())
    page = await look(desk, link())
    assert "remind" not in offered(page)
    assert "asked today" in (await say(desk, link(), "remind", key="k2")).text
    desk.advance(days=1)
    assert "remind" in offered(await look(desk, link()))


async def test_a_party_that_was_asked_to_withdraw_is_called_by_the_office_and_the_unit_does_not_see_it(
    desk: Desk,
) -> None:
    await desk.tell(
        Story("i-1"),
        ("intake", names.ISSUE_SUBMITTED, submitted(receipt=SPARED)),
        ("router", names.ISSUE_ASSIGNED, assigned()),
    )
    await say(desk, link(), "withdraw", asked_to="yes", reason="单位让我撤")
    assert (await seen(desk))["state"] == "assigned"
    assert (await seen(desk))["withdrawal"]["asked_to"] is True
    mine = str(await seen(desk, OFFICER))
    assert "asked_to" not in mine
    assert "单位让我撤" not in mine
    await desk.order(OFFICE, "i-1", "decline_withdrawal", {"reason": "当事人希望继续办理"})
    assert (await seen(desk))["withdrawal"] is None
    await say(desk, link(), "withdraw", key="k2")
    found = await seen(desk)
    assert (found["state"], found["closed_as"]) == ("closed", "withdrawn")


async def test_an_answer_may_be_objected_to_and_what_is_closed_asked_again_only_where_that_is_possible(
    desk: Desk,
) -> None:
    await desk.tell(
        Story("i-1"),
        ("intake", names.ISSUE_SUBMITTED, submitted(receipt=SPARED, kind="consult")),
        ("router", names.REVIEW_REQUESTED, review("consult")),
    )
    await desk.order(REVIEWER, "i-1", "answer", {"reply": "办理居住证请到镇便民服务中心。"})
    assert offered(await look(desk, link())) == ["object"]
    await say(desk, link(), "object", reason="没有回答我的问题")
    assert (await seen(desk))["state"] == "in_review"


async def test_a_petitioner_asks_once_for_a_review_on_the_page(desk: Desk) -> None:
    await closed(desk)
    assert "ask_review" in offered(await look(desk, link()))
    await say(desk, link(), "ask_review", reason="认定的事实不对")
    assert (await seen(desk))["state"] == "petition_review"
    assert "ask_review" not in offered(await look(desk, link()))
    await desk.order(OFFICE, "i-1", "decide_review", UPHELD)
    page = await look(desk, link())
    assert "ask_review" not in offered(page)
    assert str(UPHELD["reply"]) in page.text


async def test_what_is_reported_of_a_plan_on_the_register_is_read_by_its_party(desk: Desk) -> None:
    await handled(desk)
    case = await seen(desk)
    report = "正在分批办证，已完成 120 户。"
    told = shown({**case, "register": {"report": report, "reported_at": case["submitted_at"]}}, shipped(), "zh", [])
    assert report in [reply for _, reply in told["replies"]]


async def test_another_sites_form_is_refused(desk: Desk) -> None:
    await handled(desk)
    path = f"{link()}/withdraw"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await desk.client.post(path, data={"key": "k"}, headers=headers)).status_code == 403
    assert (await seen(desk))["state"] == "handled"
