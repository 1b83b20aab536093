"""What a provider says later of a message that it took, up to the mark on the case; by signed paths and mails that came
back."""

from typing import Any

import pytest

from tests.support.media import MAIL, PHONE, RECEIPTS, UNIT, Media, texts
from tests.support.people import Issue
from tests.unit.notify.test_bounces import mail


async def told(media: Media, issue: Issue, medium: str = "sms") -> list[str]:
    """What the issue's story says of the message to its party, in its order."""
    found = [one for one in await media.city.story(issue) if one.type in ("party-informed", "delivery-failed")]
    return [str(one.data["state"]) for one in found if (one.data["recipient"], one.data["medium"]) == ("party", medium)]


async def case(media: Media, issue: Issue) -> dict[str, Any]:
    return await media.city.person("coordination_office").sees(issue) or {}


async def test_what_arrived_is_delivered_and_the_same_receipt_again_changes_nothing(media: Media) -> None:
    issue = await media.reported()
    sent = await media.one(issue, medium="sms")
    assert await told(media, issue) == ["sent"]
    for _ in range(3):
        await media.say("first", {"provider_id": sent["provider_id"], "state": "delivered"})
    after = await media.one(issue, medium="sms")
    assert (after["state"], after["id"]) == ("delivered", sent["id"])
    assert await told(media, issue) == ["sent", "delivered"]
    await media.say("first", {"id": sent["id"], "state": "failed", "code": "UNDELIV"})
    assert await told(media, issue) == ["sent", "delivered"], "that it arrived outweighs a failure"
    assert (await case(media, issue))["party_untold"] is False
    assert len(media.first.asked) == 1


async def test_what_failed_late_marks_the_case_once_and_is_sent_again_by_nobody_but_an_operator(media: Media) -> None:
    issue = await media.reported(party={"name": "王小明", "phone": PHONE})
    sent = await media.one(issue, medium="sms")
    receipt = {"id": sent["id"], "state": "failed", "code": "UNDELIV"}
    await media.say("first", receipt)
    one = await media.one(issue, medium="sms")
    assert (one["state"], one["why"]) == ("failed", "undelivered: UNDELIV")
    await media.say("first", receipt)
    assert await media.one(issue, medium="sms") == one, "it has ended when it was first heard of"
    assert await told(media, issue) == ["sent", "failed"]
    marked = await case(media, issue)
    assert (marked["party_untold"], [each["why"] for each in marked["untold"]]) == (True, ["undelivered"])
    await media.city.advance(hours=1)
    assert len(media.first.asked) == 1

    assert (await media.resend(one)).status_code == 202
    [repeat] = [each for each in await media.deliveries(issue, medium="sms") if each["again_of"]]
    await media.say("first", {"id": repeat["id"], "state": "delivered"})
    assert (await case(media, issue))["party_untold"] is False


async def test_a_number_that_is_none_gets_nothing_more_of_any_issue_until_an_operator_lifts_it(media: Media) -> None:
    issue = await media.reported()
    sent = await media.one(issue, medium="sms")
    await media.say("first", {"id": sent["id"], "state": "failed", "code": "MBBLACK"})
    assert (await media.one(issue, medium="sms"))["why"] == "unreachable: MBBLACK"
    other = await media.reported()
    skipped = await media.one(other, medium="sms")
    assert (skipped["state"], skipped["why"]) == ("skipped", "unreachable: MBBLACK")
    assert len(media.first.asked) == 1
    assert (await media.asked("DELETE", f"/v1/deliveries/{skipped['id']}/unreachable")).status_code == 204
    later = await media.reported()
    assert (await media.one(later, medium="sms"))["state"] == "sent"
    assert len(texts(media.first.got, PHONE)) == 2


async def test_a_mail_that_came_back_for_good_marks_the_case_and_stops_further_mails(media: Media) -> None:
    issue = await media.reported(party={"name": "王小明", "email": MAIL})
    sent = await party_mail(media, issue)
    assert sent["state"] == "sent"
    for _ in range(2):
        await came_back(media, mail("postfix-gone", sent["id"]))
    assert (await party_mail(media, issue))["why"] == "unreachable: 5.1.1"
    assert await told(media, issue, "email") == ["sent", "failed"]
    marked = await case(media, issue)
    assert (marked["party_untold"], [(each["medium"], each["why"]) for each in marked["untold"]]) == (
        True, [("email", "unreachable")],
    )  # fmt: skip
    await media.city.officer(UNIT).do_all(issue)
    await media.city.person("follow_up_caller").follow_up(issue)
    assert [one["to"] for one in media.mail.got].count(MAIL) == 1


async def test_a_mail_that_is_only_late_changes_nothing(media: Media) -> None:
    issue = await media.reported()
    sent = await party_mail(media, issue)
    await came_back(media, mail("postfix-delayed", sent["id"]))
    assert (await party_mail(media, issue))["state"] == "sent"
    assert await told(media, issue, "email") == ["sent"]


@pytest.mark.parametrize("provider", ["first", "second", "nobody"])
async def test_nobody_says_what_became_of_a_message_without_the_secret_or_of_anothers(
    media: Media, provider: str
) -> None:
    issue = await media.reported()
    sent = await media.one(issue, medium="sms")
    said = [{"id": sent["id"], "state": "failed", "code": "MBBLACK"}]
    notify = media.city.client("notify")
    assert (await notify.post(f"/callbacks/{provider}/{RECEIPTS}x", json=said)).status_code == 404
    if provider == "second":
        await media.say(provider, *said)
    assert (await media.one(issue, medium="sms"))["state"] == "sent"


async def party_mail(media: Media, issue: Issue) -> dict[str, Any]:
    """The delivery of the receipt by e-mail."""
    return next(one for one in await media.deliveries(issue, medium="email") if one["recipient"] == "party")


async def came_back(media: Media, raw: bytes) -> None:
    """Have a mail server hand over a mail that came back."""
    headers = {"content-type": "message/rfc822"}
    answer = await media.city.client("notify").post(f"/callbacks/smtp/{RECEIPTS}", content=raw, headers=headers)
    assert answer.json() == {"taken": 1}, answer.text
    await media.city.quiet()
