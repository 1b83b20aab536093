"""Two reports of one thing: the reviewer of the second is shown the first, and decides."""

from tests.flow.parts import ON_BOTH
from tests.support.city import City
from tests.support.people import Issue

UNIT = "housing-construction"
AGAIN = {
    "title": "寺前街路灯不亮了",
    "text": "寺前街60号门口的路灯三天没亮了，晚上很黑，老人走路害怕。",
    "party": {"name": "李红", "phone": "13922223333"},
}


async def shown(city: City, issue: Issue) -> list[str]:
    """The likely duplicates that the reviewer of an issue is shown."""
    case = await city.person("reviewer").reads(f"cases/{issue.id}")
    return [one["other"] for one in case["suspected"]]


@ON_BOTH
async def test_of_two_calls_about_one_lamp_the_second_review_shows_the_first_with_its_score_and_they_are_merged(
    city: City,
) -> None:
    head = await city.report("hotline")
    other = await city.report("hotline", **AGAIN)
    assert await city.state(other) == "in_review"
    case = await city.person("reviewer").reads(f"cases/{other.id}")
    [alike] = case["suspected"]
    assert (alike["other"], alike["same_party"]) == (head.id, False)
    assert city.pack.policy.duplicates.threshold <= alike["score"] <= 1
    assert alike["parts"]["text"] > 0.5
    assert alike["reason"].startswith("相似度")
    assert await shown(city, head) == [], "it is told of the later one"
    await city.person("reviewer").order(other, "merge", {"head": alike["other"], "reason": "同一处路灯"})
    assert await city.state(other) == "merged"
    third = await city.report("hotline", **{**AGAIN, "party": {"phone": "13933334444"}})
    assert await shown(city, third) == [head.id], "what was merged is looked for no more, its head is"


async def test_one_in_confidence_takes_no_part_nor_does_one_that_becomes_so(city: City) -> None:
    secret = await city.report("petition", category="road-lamp")
    one = await city.report("hotline", category="road-lamp", **AGAIN)
    assert await shown(city, one) == await shown(city, secret) == []
    raised = {"secrecy": "confidential", "reason": "当事人要求保密"}
    await city.person("coordination_office", "three-services-office").order(one, "raise_secrecy", raised)
    other = await city.report("hotline", category="road-lamp", **{**AGAIN, "party": {"phone": "13933334444"}})
    assert await shown(city, other) == []


async def test_another_matter_in_the_same_street_is_not_suspected(city: City) -> None:
    await city.report("hotline", category="road-lamp")
    other = await city.report(
        "hotline", category="road-lamp", title="人行道地砖松动", text="下雨天踩上去溅一身水，请派人来修。"
    )
    assert await shown(city, other) == []
