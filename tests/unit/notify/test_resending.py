"""An operator finds what did not go, and sends it again."""

from datetime import timedelta
from typing import Any

import httpx

from sanfu.notify.domain.delivery import Rejected
from tests.support.eventually import eventually
from tests.support.telling import START, Story, contact, erased, on_the_wire, unit, user
from tests.unit.notify.test_service import PARTY, TOKEN, Bench, bench, shown

__all__ = ["bench"]


async def resend(bench: Bench, id: str, key: str = "k1", **body: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app=bench.service.app)
    headers = {"authorization": f"Bearer {TOKEN}", "idempotency-key": key}
    async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
        return await client.post(
            f"/v1/deliveries/{id}/resend", json={"because": "the gateway was down"} | body, headers=headers
        )


async def failed(bench: Bench) -> dict[str, Any]:
    """An SMS to a party that the gateway refused."""
    bench.sms.script.append(Rejected("http_400"))
    await bench.publish(contact("i1", party=PARTY), on_the_wire(Story("i1").submitted()))
    await eventually(bench.quiet)
    (one,) = await shown(bench, state="failed")
    return one


async def test_what_failed_is_found_by_its_reason_and_sent_again_once_for_each_key(bench: Bench) -> None:
    one = await failed(bench)
    assert [each["id"] for each in await shown(bench, reason="http_400")] == [one["id"]]
    answers = [await resend(bench, one["id"]) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.json()["changed"] for answer in answers] == [True, False]
    await eventually(bench.quiet)
    assert len(bench.sms.got) == 2
    assert bench.sms.got[0].text == bench.sms.got[1].text
    again = (await bench.ask(f"/v1/deliveries/{answers[0].json()['id']}")).json()
    assert (again["state"], again["again_of"], again["because"]) == ("sent", one["id"], "the gateway was down")
    further = (await resend(bench, one["id"], key="k2")).json()["id"]
    await eventually(lambda: len(bench.sms.got) == 3)
    whole = (await bench.ask(f"/v1/deliveries/{one['id']}")).json()
    assert {*whole["resent_as"]} == {again["id"], further}, "each points at the other"
    assert (again["resent_as"], again["number"]) == ([], "SF7K2-9MQ4X")


async def test_a_delivery_says_the_number_that_people_say_but_of_no_sealed_issue_and_of_no_list(bench: Bench) -> None:
    sealed = on_the_wire(Story("i2").submitted(secrecy="sealed", receipt="SFSEA-LED00", title="诉求", text=None))
    await bench.publish(contact("i1", party=PARTY), contact("i2", party=PARTY), on_the_wire(Story("i1").submitted()))
    await bench.publish(sealed)
    await eventually(bench.quiet)
    numbers = {one["subject"]: one["number"] for one in await shown(bench)}
    assert numbers == {"i1": "SF7K2-9MQ4X", "i2": None}


async def test_what_is_open_a_list_or_of_somebody_erased_is_not_sent_again(bench: Bench) -> None:
    one = await failed(bench)
    await bench.publish(
        unit("tax"), user("a", "tax", "officer"), *(on_the_wire(Story(f"l{n}").light("yellow")) for n in range(3))
    )
    await eventually(bench.quiet)
    held = await shown(bench, state="held", medium="sms", unit="tax")
    for other in held:
        assert (await resend(bench, other["id"])).status_code == 409
    bench.clock.set(START + timedelta(minutes=10))
    await eventually(bench.quiet)
    (digest,) = [each for each in held if each["template"] == "digest"]
    assert (await resend(bench, digest["id"])).json()["type"].endswith("delivery-is-a-list")
    assert (await resend(bench, "nothing")).status_code == 404
    await bench.publish(erased("i1"))
    await eventually(bench.quiet)
    again = (await resend(bench, one["id"])).json()["id"]
    await eventually(bench.quiet)
    shown_again = (await bench.ask(f"/v1/deliveries/{again}")).json()
    assert (shown_again["state"], shown_again["why"]) == ("skipped", "erased")
    assert (await resend(bench, again)).status_code == 409


async def test_who_was_erased_is_not_known_to_a_provider_by_what_is_kept(bench: Bench) -> None:
    await bench.publish(contact("i1", party=PARTY), on_the_wire(Story("i1").submitted()))
    await eventually(bench.quiet)
    assert {one["provider_id"] for one in await shown(bench)} == {"p1"}
    await bench.publish(erased("i1"))
    await eventually(bench.quiet)
    assert {one["provider_id"] for one in await shown(bench)} == {None}


async def test_deliveries_are_found_by_unit_and_since_when(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer"), contact("i1", party=PARTY))
    later = START + timedelta(seconds=1)
    bench.clock.set(later)
    story = Story("i1")
    await bench.publish(on_the_wire(story.submitted()), on_the_wire(story.light("yellow", at=later)))
    await eventually(bench.quiet)
    assert {one["recipient"] for one in await shown(bench, unit="tax")} == {"officer"}
    assert {one["recipient"] for one in await shown(bench, since="2026-05-06T02:00:01.000Z")} == {"officer"}
    assert len(await shown(bench, since="2026-05-06T02:00:00.000Z")) == 5


async def test_a_wrong_wish_names_the_field(bench: Bench) -> None:
    for path in (
        "/v1/deliveries?since=yesterday",
        "/v1/deliveries?since=2026-02-31T00:00:00.000Z",
        "/v1/deliveries?unit=T",
    ):
        answer = await bench.ask(path)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].startswith("query.")
    one = await failed(bench)
    assert (await resend(bench, one["id"], because="")).status_code == 422
    assert (await resend(bench, one["id"], to="139")).status_code == 422
