"""What enterprises place at their desk: called within the hour, answered in writing, counted as parties."""

from sanfu.city.model.pack import Pack
from sanfu.city.model.who import Staff
from sanfu.contracts import credit
from tests.support.city import City
from tests.support.people import Issue

UNIT = "police"
REPLY = "您反映的事项已与先前的一件合并侦办，结果将另行书面告知。"


async def placed(city: City, number: int = 1) -> Issue:
    return await city.report(
        "enterprise_seat", audience="enterprise", title="货款被骗", text="同一货代收款后失联。", unit=UNIT,
        party={"name": f"义乌第{number}贸易公司", "phone": f"139222200{number:02}"}, party_kind="enterprise",
        party_code=credit_code(number),
    )  # fmt: skip


def credit_code(number: int) -> str:
    body = f"91330782MA2E4XX{number:02}"
    return body + credit.check_character(body)


async def test_the_unit_that_an_enterprise_names_calls_it_within_the_hour_or_is_red(city: City) -> None:
    late, called = await placed(city, 1), await placed(city, 2)
    await city.officer(UNIT).acknowledge(called)
    await city.officer(UNIT).contact(called)
    await city.advance(hours=1)
    assert [level for level, _ in await city.lights(late, "enterprise_first_call")] == ["red"]
    assert await city.lights(called, "enterprise_first_call") == []


async def test_an_enterprises_issue_that_someone_tries_to_refuse_takes_two_people_and_a_written_reply(
    city: City,
) -> None:
    party = {"name": "义乌乙贸易公司", "phone": "13922220099"}
    issue = await city.report(
        "enterprise_seat",
        audience="enterprise",
        title="合同纠纷",
        text="请协调。",
        party=party,
        party_kind="enterprise",
    )
    first, second = (one.id for one in reviewers(city.pack))
    await city.staff(first).order(issue, "refuse", {"reason": "litigation"}, refused="invalid-input")
    await city.staff(first).order(issue, "refuse", {"reason": "litigation", "reply": "已进入诉讼程序，请向法院反映。"})
    assert await city.state(issue) in {"submitted", "in_review"}, "nothing is refused yet"
    await city.staff(first).order(issue, "confirm_refusal", {}, refused="second-person-needed")
    assert city.sms.to("13922220099")[1:] == [], "the enterprise heard of its receipt only"
    await city.staff(second).order(issue, "decline_refusal", {"reason": "法院尚未立案，应当受理。"})
    await city.staff(second).dispatch(issue, "commerce", "complex")
    await city.officer("commerce").do_all(issue)
    [plan] = await city.of(issue, "follow-up-planned")
    assert (plan.data["need"], plan.data["because"]) == ("call", "policy"), "every enterprise is called"


def reviewers(pack: Pack) -> list[Staff]:
    return [one for one in pack.staff.values() if one.roles == ("reviewer",)][:2]


async def test_twelve_enterprises_and_one_fraud_are_twelve_parties_of_a_group_and_each_is_asked(city: City) -> None:
    issues = [await placed(city, number) for number in range(1, 13)]
    head, others = issues[0], issues[1:]
    reviewer, office = city.person("reviewer"), city.person("coordination_office")
    unheard = {"head": head.id, "reason": "同一货代"}
    await reviewer.order(others[0], "merge", unheard, refused="invalid-input")
    for number, each in enumerate(others, 2):
        await reviewer.order(each, "merge", {**unheard, "reply": REPLY})
        seen = await office.sees(head)
        assert seen is not None
        assert (len(seen["supporters"]), "group" in seen["flags"]) == (number - 1, number >= 5)
    told = await city.of(head, "supporter-added")
    assert [one.data["flags"] for one in told].count(["group"]) == 1
    await city.officer(UNIT).do_all(head)
    caller = city.person("follow_up_caller")
    for each in others:
        await caller.follow_up(each, "yes", method="call")
        seen = await office.sees(each)
        assert seen is not None
        assert (seen["state"], seen["closed_as"]) == ("closed", "merged")
    await caller.follow_up(head)
    assert await city.state(head) == "closed"


async def test_an_enterprise_that_reports_the_fraud_twice_is_one_party(city: City) -> None:
    head, other, again = await placed(city, 1), await placed(city, 2), await placed(city, 2)
    reviewer = city.person("reviewer")
    for each in (other, again):
        await reviewer.order(each, "merge", {"head": head.id, "reason": "同一货代", "reply": REPLY})
    assert len(await city.of(head, "supporter-added")) == 1
