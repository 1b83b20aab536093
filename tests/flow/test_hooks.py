"""A unit without Kafka is posted what stands on its topic, and nothing that does not."""

from collections import deque
from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.notify import app
from sanfu.notify.handlers.tools import real_now
from tests.flow.parts import ON_BOTH
from tests.flow.test_secrecy import HELPER, OTHER, UNIT, disputed, office, signed, worked_at
from tests.integration.notify.providers import Peer
from tests.support.city import City
from tests.support.eventually import eventually
from tests.support.hooks import hooked
from tests.support.mortal import OPS
from tests.support.scribe import Scribe

HOOKED = (UNIT, HELPER, OTHER)


def posted(endpoint: Peer) -> str:
    return "\n".join(f"{one.path} {one.query} {one.headers} {one.body.decode()}" for one in endpoint.asked)


async def test_no_word_of_a_confidential_issue_and_nobodys_contact_is_posted(city: City) -> None:
    async with hooked(city, HOOKED) as endpoint:
        scribe = Scribe(city, "密戊")
        issue = await disputed(city, scribe, secrecy="confidential")
        await worked_at(city, scribe, issue)
        await signed(city, scribe, issue, outcome="solved")
        assert await city.state(issue) != "in_review"
        assert {one.headers["ce-subject"] for one in endpoint.asked} == {issue.id}
        assert {one.headers["ce-type"] for one in endpoint.asked} >= {
            f"sanfu.issue.{name}.v1" for name in ("assigned", "acknowledged", "contacted", "handled")
        }
        assert len(scribe.words) > 20
        assert scribe.sign not in posted(endpoint)
        assert [word for word in (issue.said["text"], issue.said["place"]["address"]) if word in posted(endpoint)] == []

        told = Scribe(city, "明己")
        other = await disputed(city, told)
        assert (await office(city).reads_contact(other))["party"]["phone"] in city.heard
        assert told.sign in posted(endpoint), "an open issue's words are"
        said = "我是王小明，电话13911112222，寺前街的路灯坏了。"
        await city.report("hotline", category="road-lamp", text=said)
        assert "寺前街的路灯坏了" in posted(endpoint)
        assert [one for one in city.heard if one in posted(endpoint)] == []


async def test_what_an_endpoint_did_not_take_for_a_day_is_parked_shown_and_sent_again_when_a_test_says_it_is_mended(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = timedelta(0)
    monkeypatch.setattr(app, "real_now", lambda: real_now() + ahead)  # an endpoint lives by the machine's own clock
    async with hooked(city, [UNIT]) as endpoint:
        endpoint.script = deque([(500, "no")])
        issue = await city.report("hotline", category="road-lamp")
        on_topic = [one.headers["ce_id"] for one in await city.unit_topic(UNIT, issue)]
        await stands(city, waiting=len(on_topic), parked=0)
        assert await parked(city) == []
        ahead = timedelta(hours=23)
        await eventually(lambda: len(endpoint.asked) > 1, within=20)
        await stands(city, waiting=len(on_topic), parked=0)
        ahead = timedelta(hours=25)
        await stands(city, waiting=0, parked=len(on_topic))
        assert [(one["event"], one["issue"], one["why"]) for one in await parked(city)] == [
            (id, issue.id, "http_500") for id in sorted(on_topic)
        ]
        tested = await asked(city, "POST", "/test")
        assert (tested["taken"], tested["status"], tested["said"]) == (False, 500, "no")
        endpoint.script = deque([(200, "ok")])
        assert (await asked(city, "POST", "/test"))["taken"]
        before = len(endpoint.asked)
        assert [one["event"] for one in await parked(city)] == sorted(on_topic), "a test releases nothing"
        assert await asked(city, "POST", "/parked/resend") == {"resent": len(on_topic), "parked": 0}
        await stands(city, waiting=0, parked=0)
        assert [one.headers["ce-id"] for one in endpoint.asked[before:]] == on_topic


async def asked(city: City, method: str, path: str) -> Any:
    """Ask for the hook of `UNIT` as an operator."""
    answer = await city.client("notify").request(method, f"/v1/hooks/{UNIT}{path}", headers=OPS)
    assert answer.is_success, answer.text
    return answer.json()


async def parked(city: City) -> list[dict[str, Any]]:
    return list((await asked(city, "GET", "/parked"))["items"])


async def stands(city: City, **counts: int) -> None:
    """Wait until so many of its records are shown to wait and to be parked."""

    async def shown() -> bool:
        [hook] = (await city.client("notify").get("/v1/hooks", headers=OPS)).json()["items"]
        return {name: hook[name] for name in counts} == counts

    await eventually(shown, within=20)


@ON_BOTH
async def test_each_unit_is_posted_what_stands_on_its_own_topic_word_for_word_and_answers_with_its_key(
    city: City,
) -> None:
    async with hooked(city, HOOKED) as endpoint:
        issue = await city.report("hotline", category="road-lamp", title="路灯不亮，三天了")
        made = await city.person("system_administrator").make("keys", {"unit": UNIT, "name": "oa"})
        headers = {"Authorization": f"Bearer {made['key']}", "Idempotency-Key": "oa-1"}
        answer = await city.client("desk").post(f"/v1/cases/{issue.id}/acknowledge", json={}, headers=headers)
        assert answer.status_code == 200, answer.text
        await city.quiet()
        on_topic = await city.unit_topic(UNIT, issue)
        bodies = [record.value for record in await city.broker.read(names.unit_topic(UNIT), issue.id)]
        assert on_topic[-1].type == "acknowledged"
        assert [(one.path, one.headers["ce-id"], one.headers["ce-unitsequence"]) for one in endpoint.asked] == [
            (f"/{UNIT}", one.headers["ce_id"], one.headers["ce_unitsequence"]) for one in on_topic
        ]
        assert [one.body for one in endpoint.asked] == bodies
