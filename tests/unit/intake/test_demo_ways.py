"""What the demo sends by the public form and over Open311 is taken, each report once, with the receipt it reads."""

from urllib.parse import parse_qs, urlsplit

from sanfu.intake.domain import ids
from sanfu.stack.demo import ways
from sanfu.stack.demo.reports import body, chosen
from tests.unit.intake.world import APP, World, pack

REPORTS = 120


async def test_every_form_that_the_demo_fills_in_leads_to_a_receipt(world: World) -> None:
    for report in chosen(pack(), REPORTS):
        told, key = body(report, pack()), f"demo-{report.id:0>16}"
        form = ways.by_form(report, told)
        if form is None:
            continue
        answer = await world.client.post("/report", params={"lang": told["language"]}, data={**form, "key": key})
        assert answer.status_code == 303, (report.id, answer.text[-3000:])
        number = parse_qs(urlsplit(answer.headers["location"]).query)["number"][0]
        known = world.documents.documents[ids.keyed("web", "key", f"form:{key}")]
        assert known["receipt"] == number


async def test_every_request_that_the_demo_posts_over_open311_is_taken_and_its_notice_ends_with_the_receipt(
    world: World,
) -> None:
    count = 0
    for report in chosen(pack(), REPORTS):
        posted = ways.by_open311(report, body(report, pack()), pack())
        if posted is None:
            continue
        count += 1
        headers = {"Idempotency-Key": f"demo-{report.id:0>16}"}
        answer = await world.client.post("/open311/v2/requests.json", data={**posted, "api_key": APP}, headers=headers)
        assert answer.status_code == 201, (report.id, answer.text)
        [taken] = answer.json()
        known = world.documents.documents[taken["service_request_id"]]
        assert taken["service_notice"].split()[-1] == known["receipt"]
    assert count, "the demo has some"
    assert len([type for type in (one["channel"] for one in await world.told()) if type == "open311"]) == count
