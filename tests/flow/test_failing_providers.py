"""A provider in trouble: who carries then, what is sent once more, and what nobody sends again but an operator."""

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from sanfu.city.watching import PackHolder
from sanfu.notify.domain.pace import Each
from tests.support.city import local
from tests.support.eventually import eventually
from tests.support.gateway import AT_FAULT, BROKEN, DEAF, PACED, RESET, SILENT, Act, http
from tests.support.media import MAIL, PHONE, UNIT, Media, by_every_medium, restarted, texts

OTHER = "13911114444"
CALL_S = 6.0
"""Seconds of a call where a provider is silent: half of it is waited for an answer, longer than a machine stands still.
Where nobody is silent it is longer."""
IMPATIENT = pytest.mark.parametrize("media", [{"call_s": CALL_S}], indirect=True, ids=["impatient"])
PATIENT = http("429 Too Many Requests", b"{}", "retry-after: 3")
"""It names longer than the longest first pause, 1.5 s."""


@pytest.fixture
async def media(request: pytest.FixtureRequest, every_medium: PackHolder) -> AsyncIterator[Media]:
    async with by_every_medium(every_medium, **getattr(request, "param", {})) as media:
        yield media


def duty_phone(media: Media) -> str:
    return media.city.pack.units[UNIT].duty_phone or ""


# ── from one provider to another, and back ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("act", [BROKEN, PACED], ids=["503", "429"])
async def test_what_a_gateway_surely_did_not_take_goes_by_the_next_at_once_and_the_first_is_asked_again(
    media: Media, act: Act
) -> None:
    media.first.script(PHONE, act)
    issue = await media.reported()
    one = await media.one(issue, medium="sms")
    assert (one["state"], one["provider"], one["tries"]) == ("sent", "second", 1)
    assert (len(texts(media.first.got, PHONE)), len(texts(media.second.got, PHONE))) == (0, 1)
    await eventually(lambda: _well(media, "first"))
    again = await media.reported()
    assert (await media.one(again, medium="sms"))["provider"] == "first"
    assert (len(texts(media.first.got, PHONE)), len(texts(media.second.got, PHONE))) == (1, 1)


async def test_a_gateway_that_failed_five_times_rests_until_an_operator_has_it_tried(media: Media) -> None:
    media.first.script(PHONE, *[BROKEN] * 4, Act(False, http("503 Service Unavailable", b"", "retry-after: 600")))
    issues = [await media.reported() for _ in range(7)]
    assert [(await media.one(issue, medium="sms"))["provider"] for issue in issues] == ["second"] * 7
    assert len(media.first.asked) == 5, "who rests is not asked"
    tried = (await media.asked("POST", "/v1/providers/sms/first/try")).json()
    assert (tried["state"], tried["wait"], tried["in_vain"]) == ("rests", 0, 5), "it has taken nothing yet"
    later = await media.reported()
    assert (await media.one(later, medium="sms"))["provider"] == "first"
    assert texts(media.first.got, PHONE) == [
        f"【义乌三服务】您的诉求已收到，编号{later.receipt}。凭编号可随时查询进度。"
    ]


async def test_a_gateway_that_rested_carries_again_by_itself_when_it_is_well(media: Media) -> None:
    media.first.script(PHONE, *[BROKEN] * 5)
    for number in range(5):
        assert rested(media) == [], f"after {number} failures it is asked again"
        await media.reported()
    assert rested(media) == ["first"]
    await eventually(lambda: _well(media, "first"))
    later = await media.reported()
    assert (await media.one(later, medium="sms"))["provider"] == "first"


async def test_a_gateway_that_takes_nothing_and_says_500_is_left_alone_after_five_which_are_shown_as_unknown(
    media: Media,
) -> None:
    media.first.script(PHONE, *[AT_FAULT] * 9)
    issues = [await media.reported() for _ in range(7)]
    told = [await media.one(issue, medium="sms") for issue in issues]
    assert [(one["state"], one["provider"]) for one in told] == [("unknown", "first")] * 5 + [("sent", "second")] * 2
    assert rested(media) == ["first"]
    assert len(texts([*media.first.got, *media.second.got], PHONE)) == 7, "each once"


def rested(media: Media) -> list[str]:
    """Providers that were left alone for a while, as notify logged it."""
    return [one["provider"] for one in media.city.logs if one["event"] == "provider_rests"]


async def _well(media: Media, provider: str) -> bool:
    """Tell whether it is asked again: it is well, or its rest is over."""
    return bool((await media.provider(provider))["wait"] == 0)


async def test_while_no_gateway_takes_anything_nothing_is_lost(media: Media) -> None:
    for gateway in (media.first, media.second):
        gateway.script(PHONE, BROKEN, BROKEN)
    issue = await media.reported()
    one = await media.one(issue, medium="sms")
    assert (one["state"], one["provider"], one["tries"]) == ("sent", "first", 3)
    assert len(texts([*media.first.got, *media.second.got], PHONE)) == 1


async def test_nobody_is_asked_before_the_time_that_he_named(media: Media) -> None:
    for gateway in (media.first, media.second):
        gateway.script(PHONE, Act(False, PATIENT))
    issue = await media.reported()
    assert (await media.one(issue, medium="sms"))["state"] == "sent"
    [(begun, ended)] = [one.asked_at for one in (media.first, media.second) if len(one.asked_at) == 2]
    assert ended - begun >= 3
    assert len(media.first.asked) + len(media.second.asked) == 3
    assert len(texts([*media.first.got, *media.second.got], PHONE)) == 1


# ── silence ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@IMPATIENT
@pytest.mark.parametrize("act", [SILENT, DEAF, RESET, AT_FAULT], ids=["silent", "deaf", "reset", "500"])
async def test_what_a_silent_gateway_may_have_taken_goes_once_at_most_until_an_operator_sends_it_again(
    media: Media, act: Act
) -> None:
    media.first.script(PHONE, act)
    issue = await media.reported()
    one = await media.one(issue, medium="sms")
    assert (one["state"], one["policy"], one["provider"]) == ("unknown", "at_most_once", "first")
    await media.city.advance(hours=1)
    assert (len(media.first.asked), media.second.asked) == (1, [])
    told = [each.data for each in await media.city.of(issue, "delivery-failed") if each.data["medium"] == "sms"]
    assert [(each["delivery"], each["state"]) for each in told] == [(one["id"], "unknown")]

    answers = [await media.resend(one) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202], "the same key again is the same repeat"
    assert len({answer.json()["id"] for answer in answers}) == 1
    [repeat] = [each for each in await media.deliveries(issue, medium="sms") if each["again_of"] == one["id"]]
    assert (repeat["state"], repeat["because"]) == ("sent", "the provider was silent")
    assert len(media.first.asked) == 2
    assert (await media.deliveries(issue, state="unknown"))[0]["id"] == one["id"], "of the first nobody knows more"


@IMPATIENT
@pytest.mark.parametrize("act", [SILENT, DEAF, RESET, AT_FAULT], ids=["silent", "deaf", "reset", "500"])
async def test_what_must_arrive_is_sent_again_and_by_another_gateway_than_the_silent_one(
    media: Media, act: Act
) -> None:
    media.first.script(duty_phone(media), act)
    issue = await media.reported(urgency="urgent")
    one = await media.one(issue, medium="sms", unit=UNIT)
    assert (one["state"], one["policy"]) == ("sent", "at_least_once")
    assert (one["provider"], one["tries"]) == ("second", 2)
    assert len(texts(media.second.got, duty_phone(media))) == 1
    assert len(texts(media.first.asked, duty_phone(media))) == 1


@IMPATIENT
async def test_a_receipt_says_what_became_of_what_a_silent_gateway_had(media: Media) -> None:
    media.first.script(PHONE, SILENT)
    issue = await media.reported()
    one = await media.one(issue, medium="sms")
    assert one["state"] == "unknown"
    await media.say("first", {"id": one["id"], "state": "delivered"})
    assert (await media.one(issue, medium="sms"))["state"] == "delivered"
    assert len(texts(media.first.got, PHONE)) == 1


# ── other media ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_mail_server_that_puts_mails_off_gets_each_again_within_seconds(media: Media) -> None:
    media.mail.put_off |= {MAIL, media.city.pack.units[UNIT].mailbox or ""}
    issue = await media.reported()
    mails = await media.deliveries(issue, medium="email")
    assert {(one["recipient"], one["state"], one["tries"]) for one in mails} == {
        ("party", "sent", 2), ("unit", "sent", 2),
    }  # fmt: skip
    assert len(media.mail.got) == 2


@pytest.mark.parametrize(
    ("medium", "answer"),
    [
        ("webhook", (500, "")), ("webhook", (429, "", {"retry-after": "1"})), ("dingtalk", (503, "")),
        ("dingtalk", (200, {"errcode": -1})), ("wecom", (200, {"errcode": -1})),
    ],
)  # fmt: skip
async def test_an_endpoint_or_robot_that_did_not_take_a_message_is_asked_again_and_the_others_go_on(
    media: Media, medium: str, answer: tuple[object, ...]
) -> None:
    peer = {"webhook": media.webhook, "dingtalk": media.dingtalk, "wecom": media.wecom}[medium]
    peer.script.appendleft(answer)
    issue = await media.reported()
    assert len(peer.asked) == 2
    states = {one["medium"]: (one["state"], one["tries"]) for one in await media.deliveries(issue, unit=UNIT)}
    others = {"webhook", "dingtalk", "wecom", "inbox", "email"} - {medium}
    assert states == {medium: ("sent", 2), **dict.fromkeys(others, ("sent", 1))}


async def test_what_an_endpoint_refuses_for_good_fails_and_is_not_sent_again(media: Media) -> None:
    media.webhook.script.appendleft((410, ""))
    issue = await media.reported()
    await media.city.advance(hours=1)
    one = await media.one(issue, medium="webhook")
    assert (one["state"], one["why"], len(media.webhook.asked)) == ("failed", "http_410", 1)


# ── what one recipient may get ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_phone_gets_no_more_than_its_rate_by_whatever_gateway_and_others_do_not_wait_for_it(
    every_medium: PackHolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = instants_of_leaving(monkeypatch)
    async with by_every_medium(every_medium, "2026-05-06 22:30") as media:
        media.each = ["1/s"]
        await restarted(media)
        issues = [await media.reported() for _ in range(3)]
        other = await media.reported(party={"name": "李四", "phone": OTHER})
        assert media.first.asked == [], "all wait for the morning"
        await media.city.advance_to(local("2026-05-07 08:00"))
        mine, others = ([at for to, at in left if to == whose] for whose in (PHONE, OTHER))
        assert len(mine) == len(texts(media.first.got, PHONE)) == len(issues)
        assert min(later - before for before, later in pairwise(mine)) >= 1.0
        assert [at < mine[1] for at in others] == [True]
        assert [other.receipt in text for text in texts(media.first.got, OTHER)] == [True]
        assert media.second.asked == [], "what is too much for a phone is so by whomever it comes"
        assert {(one["state"], one["tries"]) for one in await media.deliveries(issues[-1], medium="sms")} == {
            ("sent", 1)
        }


def instants_of_leaving(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """To which phone each message leaves from now on, and when, by the clock that counts them: how long one is under
    way is not ours to say."""
    found = list[tuple[str, float]]()
    take = Each.take

    def noted(each: Each, to: str, now: float) -> None:
        found.append((to, now))
        take(each, to, now)

    monkeypatch.setattr(Each, "take", noted)
    return found
