"""Persons are told apart by what they can be reached by, and nothing of that is in the story: supporters and groups
count parties, never calls; the same party's new report asks to have handled again what is closed."""

import base64
from typing import Any

import orjson

from sanfu.contracts import names
from sanfu.contracts.registry import codec
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.sealing import Sealer
from tests.support.assembling import KEYS
from tests.support.cases import OFFICE, REVIEWER, Desk
from tests.support.eventually import eventually
from tests.unit.desk.test_voices import closed, handled, led, seen, slug, told

ONE, OTHER = "13911112222", "13933334444"
MERGE = {"head": "i-1", "reason": "同一处路灯"}


async def reached(desk: Desk, issue: str, phone: str, **more: str) -> None:
    """Let intake tell by what an issue's party is reached."""
    sealed = Sealer(KEYS).seal(orjson.dumps({"phone": phone, **more}), f"{issue}/intake/party".encode())
    nonce, text = (base64.b64encode(part).decode() for part in (sealed.nonce, sealed.box))
    body = {
        "issue": issue, "writer": "intake", "version": 1,
        "party": {"key": sealed.key_id, "nonce": nonce, "sealed": text},
    }  # fmt: skip
    record = Outgoing(names.CONTACTS, f"{issue}/intake", codec.encode(names.CONTACT_RECORD, body), ())
    await desk.broker.publish([record])
    await eventually(lambda: f"{issue}/intake" in desk.documents.others["contacts"])


async def report(desk: Desk, issue: str, phone: str) -> None:
    await led(desk, issue, receipt=f"YW-{issue}")
    await reached(desk, issue, phone)


async def merge(desk: Desk, issue: str) -> Any:
    answer = await desk.order(REVIEWER, issue, "merge", MERGE)
    await eventually(lambda: issue in desk.documents.documents["i-1"]["merged"])
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_one_caller_who_rings_five_times_is_no_group(desk: Desk) -> None:
    await report(desk, "i-1", ONE)
    for n in range(2, 7):
        await report(desk, f"i-{n}", ONE if n < 4 else OTHER)
        await merge(desk, f"i-{n}")
    head = await seen(desk)
    assert (head["supporters"], head["flags"]) == (["i-4"], []), "the head's own party, and another who rang thrice"
    assert sum(one["same_party"] for one in told(desk, names.ISSUE_MERGED)) == 2


async def test_a_party_that_is_reached_by_one_thing_in_common_is_the_same(desk: Desk) -> None:
    await report(desk, "i-1", ONE)
    await led(desk, "i-2")
    await reached(desk, "i-2", OTHER, email="a@example.org")
    await led(desk, "i-3")
    await reached(desk, "i-3", "13955556666", email="A@example.org")
    for issue in ("i-2", "i-3"):
        await merge(desk, issue)
    assert (await seen(desk))["supporters"] == ["i-2"]


async def test_who_supports_by_hand_is_another_party_too(desk: Desk) -> None:
    for issue, phone in (("i-1", ONE), ("i-2", ONE), ("i-3", OTHER), ("i-4", OTHER)):
        await report(desk, issue, phone)
    assert await slug(desk, REVIEWER, "support", {"issue": "i-2"}) == "same-party"
    assert (await desk.order(REVIEWER, "i-1", "support", {"issue": "i-3"})).status_code == 200
    assert await slug(desk, REVIEWER, "support", {"issue": "i-4"}) == "same-party"


async def test_the_story_does_not_tell_who_of_two_issues_parties_are_one(desk: Desk) -> None:
    sealer = Sealer(KEYS)
    index = sealer.blind_index(ONE, "phone")
    for issue, phone in (("i-1", OTHER), ("i-2", ONE), ("i-3", "13955556666"), ("i-4", ONE)):
        await report(desk, issue, phone)
    await merge(desk, "i-2")
    assert (await desk.order(REVIEWER, "i-4", "merge", {**MERGE, "head": "i-3"})).status_code == 200
    first, second = (one["party_marks"] for one in told(desk, names.ISSUE_MERGED))
    assert (len(first), len(second)) == (1, 1)
    assert first != second, "of one party two heads know different marks"
    assert not index.startswith(first[0])


async def test_five_parties_are_a_group_and_its_matter_is_confidential(desk: Desk) -> None:
    for n in range(1, 6):
        await report(desk, f"i-{n}", f"1391111000{n}")
    for n in range(2, 6):
        assert (await seen(desk))["secrecy"] == "internal"
        await merge(desk, f"i-{n}")
    await eventually(lambda: desk.documents.documents["i-1"]["secrecy"] == "confidential")
    head = await seen(desk)
    assert (head["flags"], len(head["supporters"])) == (["group"], 4)
    assert "三盏路灯不亮" not in orjson.dumps(desk.documents.documents["i-1"]).decode()
    texts = (await desk.get(OFFICE, "/v1/cases/i-1/texts", purpose="核对")).json()["items"]
    assert "三盏路灯不亮" in orjson.dumps(texts).decode(), "what was written is sealed, not lost"


# ── what is closed ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_same_partys_new_report_merged_into_what_is_closed_asks_to_have_it_handled_again(desk: Desk) -> None:
    await closed(desk)
    await reached(desk, "i-1", ONE)
    await report(desk, "i-2", OTHER)
    refusal = await desk.order(REVIEWER, "i-2", "merge", MERGE)
    assert refusal.json()["type"].endswith("not-mergeable"), "another party's is a new report"
    await report(desk, "i-3", ONE)
    await merge(desk, "i-3")
    await eventually(lambda: desk.documents.documents["i-1"]["state"] == "reopen_requested")
    request = told(desk, names.REOPEN_REQUESTED)[0]
    assert (request["by"]["id"], request["reason"]) == (REVIEWER, MERGE["reason"])
    assert (await desk.order(OFFICE, "i-1", "reopen", {"reason": "属实"})).json()["state"] == "assigned"
    await handled(desk, "灯杆线路已全部更换，并连续三晚复查正常。")
    await eventually(lambda: desk.documents.documents["i-3"]["head_handled"] is not None)


async def test_outside_the_window_the_same_partys_new_report_stays_one(desk: Desk) -> None:
    await closed(desk)
    await reached(desk, "i-1", ONE)
    desk.advance(days=7)
    await report(desk, "i-2", ONE)
    assert (await desk.order(REVIEWER, "i-2", "merge", MERGE)).json()["type"].endswith("window-closed")


async def test_a_reviewer_names_the_report_by_which_a_closed_issues_party_asks_again(desk: Desk) -> None:
    await closed(desk)
    await led(desk, "i-2")
    missing = await desk.order(REVIEWER, "i-1", "remind", {"text": "又不亮了"})
    assert missing.status_code == 422
    answer = await desk.order(REVIEWER, "i-1", "remind", {"text": "又不亮了", "issue": "i-2"})
    assert answer.json()["state"] == "reopen_requested"
