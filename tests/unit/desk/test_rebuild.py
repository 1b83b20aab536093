"""A case folded again from the story is the same case, and nothing is told twice."""

from sanfu.contracts import names
from sanfu.runtime.memory import MemoryDocuments
from tests.support import cases
from tests.support.cases import CALLER, HEAD, MORNING, OFFICE, OFFICER, PDF, REVIEWER, Desk, Story
from tests.support.eventually import eventually

MACHINE = {"ver", "applied", "outbox", "seen", "p"}


async def lived(desk: Desk) -> None:
    """Give the story of one case with nearly everything in it, and of one that was answered."""
    story, limit = Story("i-1"), MORNING.replace(hour=9)
    alike = {"other": "i-0", "same_party": False, "score": 0.8, "parts": {}, "reason": None}
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, cases.submitted()),
        ("router", names.REVIEW_REQUESTED, cases.review()),
        ("router", names.DUPLICATE_SUSPECTED, alike),
    )
    said = {"unit": "urban-management", "grade": "simple", "reason": "归口"}
    await desk.order(REVIEWER, "i-1", "dispatch", said)
    await desk.tell(
        story,
        ("sla", names.DEADLINE_SET, cases.deadline(limit)),
        ("sla", names.LIGHT_CHANGED, cases.light("yellow", limit)),
    )
    await desk.order(HEAD, "i-1", "return", {"ground": "area", "proposed_unit": "fotang", "text": "属地"})
    await desk.order(OFFICE, "i-1", "dispatch", said)
    for outcome, resolved in (("partly", "no"), ("planned", "yes")):
        await desk.order(OFFICER, "i-1", "acknowledge")
        evidence = [(await desk.keep(OFFICER, "i-1", PDF)).json()]
        await desk.order(OFFICER, "i-1", "contact", {"result": "reached", "summary": "已联系", "evidence": evidence})
        reply = {"outcome": outcome, "reply": f"路灯更换情况：{outcome}", "planned_for": "2026-06-01T08:00:00+08:00"}
        assert (await desk.order(OFFICER, "i-1", "handle", reply)).status_code == 200
        await desk.order(CALLER, "i-1", "follow_up", {"resolved": resolved})
        await desk.order(OFFICE, "i-1", "reopen", {"reason": "再办"})
    await desk.tell(Story("i-2"), ("intake", names.ISSUE_SUBMITTED, cases.submitted(kind="thanks")))
    answer = await desk.order(REVIEWER, "i-2", "answer", {"reply": "感谢您的肯定与支持。"})
    assert answer.status_code == 200


def states(documents: MemoryDocuments) -> dict[str, dict[str, object]]:
    return {id: {k: v for k, v in each.items() if k not in MACHINE} for id, each in documents.documents.items()}


async def test_a_rebuilt_desk_has_the_same_cases_and_tells_nothing_again(desk: Desk) -> None:
    await lived(desk)
    before, told = states(desk.documents), desk.published()
    assert before["i-1"]["state"] == "closed"
    other = cases.desk()
    other.broker.topics = desk.broker.topics
    await other.service.start()
    try:
        await eventually(lambda: other.service.reader.ready and len(other.documents.documents) == len(before))
        await eventually(lambda: states(other.documents) == before)
        assert desk.published() == told
    finally:
        await other.stop()
        await other.client.aclose()


async def test_a_closing_that_was_lost_with_an_outbox_is_told_after_the_rebuild(desk: Desk) -> None:
    await lived(desk)
    for number, log in enumerate(desk.broker.topics[names.ISSUES]):
        kept = [record for record in log if dict(record.headers)["ce_type"] != names.ISSUE_CLOSED.encode()]
        desk.broker.topics[names.ISSUES][number] = [one._replace(offset=at) for at, one in enumerate(kept)]
    other = cases.desk()
    other.broker.topics = desk.broker.topics
    await other.service.start()
    try:
        await eventually(lambda: [t for t, _ in desk.published()].count(names.ISSUE_CLOSED) == 2)
        kinds = {data["kind"] for type, data in desk.published() if type == names.ISSUE_CLOSED}
        assert kinds == {"resolved", "answered"}
    finally:
        await other.stop()
        await other.client.aclose()
