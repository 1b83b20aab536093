"""However many issues a unit is given: so many messages by one medium a day, and the rest in the next digest."""

from pathlib import Path

from sanfu.city.watching import PackHolder
from sanfu.contracts.envelope import instant
from tests.flow.test_emergencies_rung import deliveries
from tests.support.city import in_memory, local
from tests.support.packs import A_DAY, copied, edited

UNIT = "water"


async def test_a_unit_that_has_had_its_messages_of_a_day_gets_the_rest_in_the_next_digest(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "telling.yaml", "caps: {staff: 30,", "caps: {staff: 2,")
    async with in_memory("2026-05-06 09:00", PackHolder(root, today=lambda: A_DAY)) as city:
        mailbox = city.pack.units[UNIT].mailbox or ""
        issues = []
        for number in range(5):
            issues.append(await city.report("hotline", category="drainage", text=f"下水道堵了，第{number}处。"))
            await city.advance(minutes=11)
        got = [f"新交办事项（{issue.receipt}）" for issue in issues[:2]]
        assert [one.subject for one in city.mail.to(mailbox)] == got, "the city's cap is two"
        held = [one for issue in issues for one in await deliveries(city, subject=issue.id, unit=UNIT, state="held")]
        assert [(one["medium"], one["why"], one["due"]) for one in held] == [
            ("email", "cap", instant(local("2026-05-06 14:00")))
        ] * 3
        await city.advance_to(local("2026-05-06 14:00"))
        assert [one.subject for one in city.mail.to(mailbox)] == [*got, "3件事项提醒"]
        assert [one.at for one in city.mail.to(mailbox)][2:] == [local("2026-05-06 14:00")]
        assert all(issue.receipt in city.mail.to(mailbox)[2].text for issue in issues[2:])
        for issue in issues:
            told = [one.data for one in await city.of(issue, "party-informed") if one.data["recipient"] == "unit"]
            assert [one["state"] for one in told] == ["sent"]
