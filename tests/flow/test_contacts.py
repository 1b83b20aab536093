"""How parties are reached: a wrong number is corrected, and whoever wants to be forgotten is, wherever it stands."""

import re

from sanfu.contracts import names
from tests.support.city import City
from tests.support.people import Issue
from tests.support.scribe import documents

UNIT = "housing-construction"
WRONG, RIGHT = "13911112222", "13733334444"


def links(city: City, phone: str) -> list[str]:
    found = [re.search(r"http://city\.example(/my/\S+)", one.text) for one in city.sms.to(phone)]
    return [one[1] for one in found if one]


async def opens(city: City, path: str) -> bool:
    return (await city.client("desk").get(path)).status_code == 200


async def enters(city: City, issue: Issue, phone: str) -> bool:
    answer = await city.client("desk").post("/my", data={"number": issue.receipt, "digits": phone[-4:]})
    return answer.status_code == 303


async def adds(city: City, path: str, text: str) -> bool:
    token = path.rpartition("/")[2]
    answer = await city.client("intake").post(f"/v1/supplements/{token}", data={"text": text, "key": token})
    await city.quiet()
    return "failed" not in answer.headers.get("location", "failed")


async def corrected(city: City, **more: object) -> Issue:
    """An issue whose party left a wrong number; who called wrote the right one down."""
    party = {"name": "王小明", "phone": WRONG}
    issue = await city.report("hotline", category="road-lamp", party=party, **more)
    await city.officer(UNIT).do_all(issue)
    city.heard.append(RIGHT)
    said = {"phone": RIGHT, "because": "wrong_number"}
    await city.person("follow_up_caller").order(issue, "correct_contact", said)
    return issue


async def test_a_wrong_number_is_corrected_and_the_party_answers_by_a_link_of_its_own(city: City) -> None:
    issue = await corrected(city)
    [old], [new] = links(city, WRONG), links(city, RIGHT)
    assert (await opens(city, old), await opens(city, new)) == (False, True)
    assert (await enters(city, issue, WRONG), await enters(city, issue, RIGHT)) == (False, True)
    assert (await adds(city, old, "我是别人。"), await adds(city, new, "灯还是不亮。")) == (False, True)
    answer = await city.client("desk").post(f"{new}/rate", data={"key": "k1", "resolved": "yes"})
    assert answer.status_code == 303, answer.text
    await city.quiet()
    [event] = await city.of(issue, "contact-corrected")
    assert event.data["by"]["id"] == city.person("follow_up_caller").id
    assert [one.type for one in await city.unit_topic(UNIT, issue)].count("contact-corrected") == 1
    before = len(city.sms.to(WRONG))
    if await city.state(issue) == "handled":  # one in ten is called all the same
        await city.person("follow_up_caller").follow_up(issue)
    assert await city.state(issue) == "closed"
    assert len(city.sms.to(WRONG)) == before, "whose number it was hears nothing more"


async def test_whoever_is_reached_by_a_corrected_number_is_forgotten_by_it_everywhere(city: City) -> None:
    issue = await corrected(city)
    await city.erase(phone=RIGHT)
    for writer in ("intake", "desk"):
        assert (await city.broker.read(names.CONTACTS, f"{issue.id}/{writer}"))[-1].value is None
    kept = [city.parts(name).documents.others.get("contacts", {}) for name in ("intake", "desk", "notify")]  # type: ignore[attr-defined]
    assert "sealed" not in str(kept), "no box is left"
    assert not await enters(city, issue, RIGHT)
    assert RIGHT not in await documents(city)


async def test_an_erasure_while_the_desk_is_away_takes_what_desk_wrote_when_it_is_back(city: City) -> None:
    issue = await corrected(city)
    await city.stop("desk")
    await city.erase(phone=WRONG)
    sent = len(city.sms.got)
    await city.start("desk")
    await city.quiet()
    assert (await city.broker.read(names.CONTACTS, f"{issue.id}/desk"))[-1].value is None
    assert len(city.sms.got) == sent, "nothing is sent to who was erased"
