"""Issues that go on in others: whatever becomes of the head, nobody's matter is lost with it."""

import re

from tests.support.city import City
from tests.support.people import Issue, Person

UNIT = "housing-construction"
HEADS = "13911112222"
OTHERS = "13922223333"


def office(city: City) -> Person:
    return city.person("coordination_office", "three-services-office")


async def joined(city: City, **more: object) -> tuple[Issue, Issue]:
    """Merge the report of a second party into that of a first; return the head and the other."""
    head = await city.report("hotline", category="road-lamp")
    other = await city.report("web", category="road-lamp", party={"name": "乙", "phone": OTHERS}, **more)
    if await city.state(other) in {"submitted", "in_review"}:
        await city.person("reviewer").dispatch(other, UNIT)
    await city.person("reviewer").order(other, "merge", {"head": head.id, "reason": "同一处路灯"})
    assert await city.state(other) == "merged"
    return head, other


def link(city: City, phone: str) -> str:
    found = [re.search(r"http://city\.example(/my/\S+)", one.text) for one in city.sms.to(phone)]
    return [one[1] for one in found if one][-1]


async def says(city: City, path: str, command: str, **said: str) -> None:
    answer = await city.client("desk").post(f"{path}/{command}", data={"key": f"k{next(city.numbers)}", **said})
    assert answer.status_code == 303, answer.text
    await city.quiet()


async def test_when_the_party_of_the_head_takes_it_back_what_was_merged_is_reviewed_by_itself_and_late_if_nobody_does(
    city: City,
) -> None:
    head, other = await joined(city)
    promised = await city.limit(other, "handling")
    await city.officer(UNIT).do_all(head)
    path = link(city, HEADS)
    await city.person("follow_up_caller").order(head, "void", {"text": "现场查看，灯仍未更换。"})
    await says(city, path, "withdraw")
    assert await city.state(head) == "closed"
    assert await city.state(other) == "in_review"
    [told] = await city.of(other, "separated")
    assert told.data["because"] == "withdrawn"
    assert any("恢复单独办理" in one.text for one in city.sms.to(OTHERS)), "its party hears of it"
    assert (await city.receipt(other))["state"] == "in_review"
    assert await city.limit(other, "handling") == promised, "the city's promise has run on all the while"
    await city.advance(days=5)
    assert "red" in [level for level, _ in await city.lights(other, "review")], "late in plain sight"
    assert len(await city.of(other, "separated")) == 1
    await city.person("reviewer").dispatch(other, UNIT)
    await city.officer(UNIT).do_all(other)
    await city.person("follow_up_caller").follow_up(other, method="call")
    assert await city.state(other) == "closed"


async def test_a_merged_party_answers_its_own_link_and_reads_what_was_done_at_the_head(city: City) -> None:
    head, other = await joined(city)
    await city.officer(UNIT).do_all(head)
    [plan] = await city.of(other, "follow-up-planned")
    assert plan.data["link"] == "new"
    path = link(city, OTHERS)
    shown = (await city.client("desk").get(path)).text
    assert "已派人到现场修复，今晚恢复正常。" in shown
    assert "合并办理的事项已办结" in shown
    assert "merged" not in shown
    assert await city.limit(other, "follow_up") > city.clock.now()
    waiting = (await city.person("follow_up_caller").reads(f"cases?need={plan.data['need']}"))["items"]
    assert other.id in [one["id"] for one in waiting]
    await says(city, path, "rate", resolved="yes", satisfied="5")
    if plan.data["need"] == "call":
        await city.person("follow_up_caller").follow_up(other)
    assert await city.state(other) == "closed"
    await says(city, path, "request_reopen", reason="又不亮了")
    assert await city.state(other) == "reopen_requested"


async def test_a_merged_party_that_is_never_reached_is_so_by_attempts_as_any_other(city: City) -> None:
    head, other = await joined(city)
    caller = city.person("follow_up_caller")
    await caller.order(other, "attempt", {"method": "call", "result": "no_answer"}, refused="head-not-handled")
    await city.officer(UNIT).do_all(head)
    unreachable = {"resolved": "unreachable", "method": "call"}
    await caller.order(other, "follow_up", unreachable, refused="tried-too-little")
    for _ in range(2):
        await caller.order(other, "attempt", {"method": "call", "result": "no_answer"})
        await city.advance(hours=24)
    await caller.order(other, "follow_up", unreachable)
    assert await city.state(other) == "followed_up"
    await office(city).close(other, "merged")
    assert await city.state(other) == "closed"


async def test_a_false_completion_of_the_head_takes_the_merged_partys_follow_up_back_until_it_is_handled(
    city: City,
) -> None:
    head, other = await joined(city)
    await city.officer(UNIT).do_all(head)
    caller = city.person("follow_up_caller")
    await caller.order(head, "void", {"text": "现场查看，灯仍未更换。"})
    assert await city.of(other, "head-voided")
    await caller.order(other, "follow_up", {"resolved": "yes"}, refused="head-not-handled")
    assert (await city.receipt(other))["state"] == "merged"
    await city.officer(UNIT).handle(head, "灯具已全部更换，今晚复亮。")
    assert len(await city.of(other, "head-handled")) == 2
    await caller.follow_up(other, "yes", method="call")
    assert await city.state(other) == "closed"
