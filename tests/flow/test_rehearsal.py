"""A rehearsal: everything is decided as ever, nothing leaves by any medium, and what would have is there to be read."""

from sanfu.city.watching import PackHolder
from tests.support.media import MAIL, PHONE, UNIT, Media, by_every_medium, restarted


async def test_nothing_leaves_by_any_medium_and_what_would_have_is_in_the_rehearsals_box(
    every_medium: PackHolder,
) -> None:
    async with by_every_medium(every_medium, rehearsal=True) as media:
        issue = await media.city.report("hotline", category="drainage", urgency="urgent")
        assert left(media) == 0
        deliveries = await media.deliveries(issue)
        assert {(one["state"], one["why"], one["provider"]) for one in deliveries} == {
            ("sent", "rehearsal", "rehearsal")
        }
        assert {one["medium"] for one in deliveries} == {"sms", "email", "webhook", "dingtalk", "wecom", "inbox"}

        letters = (await media.asked("GET", "/v1/rehearsal")).json()["items"]
        assert {one["id"] for one in letters} == {one["id"] for one in deliveries}
        assert all(issue.receipt in f"{one['subject']}{one['text']}" for one in letters)
        cut = {one["to"] for one in letters if one["medium"] in ("sms", "email")}
        assert {f"…{PHONE[-3:]}", f"…{MAIL[-3:]}"} <= cut
        assert [one for one in (PHONE, MAIL) if one in str(letters)] == []
        officer = media.city.officer(UNIT).id
        assert (await media.asked("GET", f"/v1/inbox?of=user:{officer}")).json()["items"] == []

        told = [one.data for one in await media.city.of(issue, "party-informed")]
        assert {one["reason"] for one in told} == {"rehearsal"}


async def test_after_a_rehearsal_what_was_rehearsed_stays_here_and_what_follows_leaves(
    every_medium: PackHolder,
) -> None:
    async with by_every_medium(every_medium, rehearsal=True) as media:
        await media.city.report("hotline", category="drainage")
        await restarted(media)
        await media.city.advance(hours=1)
        assert left(media) == 0
        issue = await media.city.report("hotline", category="drainage")
        assert {one["state"] for one in await media.deliveries(issue)} == {"sent"}
        assert issue.receipt in media.first.got[0]["text"]
        assert left(media) == len(await media.deliveries(issue)) - 1, "all but the letter in the inbox"


def left(media: Media) -> int:
    """How many messages left the city by any way."""
    peers = (media.webhook, media.dingtalk, media.wecom)
    by_peers = sum(len(one.asked) for one in (media.first, media.second, *peers))
    return by_peers + sum(len(one.got) for one in (media.mail, media.city.sms, media.city.mail))
