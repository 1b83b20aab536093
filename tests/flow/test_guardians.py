"""What concerns a child is told to who speaks for it, from the receipt to the follow-up."""

from tests.support.city import City

UNIT = "education"
CHILD = {"name": "陈小雨", "phone": "13900000011"}
MOTHER = {"name": "李秀兰", "phone": "13900000022"}


async def test_a_childs_guardian_hears_of_it_opens_its_page_and_is_asked_and_the_child_hears_nothing(
    city: City,
) -> None:
    issue = await city.report(
        "hotline", title="校门口没有斑马线", text="放学过马路很危险。", party=CHILD, guardian=MOTHER, flags=["minor"]
    )
    await city.person("reviewer").dispatch(issue, UNIT)
    unit = city.officer(UNIT)
    seen = await unit.sees(issue)
    assert seen is not None
    assert seen["guardian"] is True
    assert MOTHER["name"] not in str(seen), "who it is stands in the contact, read for a purpose"
    assert (await unit.reads_contact(issue))["party"]["guardian"] == MOTHER["name"]
    await unit.do_all(issue)
    assert any("已办结" in one.text for one in city.sms.to(MOTHER["phone"]))
    assert city.sms.to(CHILD["phone"]) == []
    for phone, status in ((CHILD["phone"], 401), (MOTHER["phone"], 303)):
        said = {"number": issue.receipt, "digits": phone[-4:]}
        assert (await city.client("desk").post("/my", data=said)).status_code == status
    everything = await city.everything()
    assert MOTHER["name"] not in everything
    assert CHILD["name"] not in everything
