"""What everybody may know of an issue follows its story: how it stands, what was replied, and nothing secret."""

from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.intake.domain.public import LONGEST_UPDATE, MOST, pictures
from sanfu.intake.domain.rules import IntakeRules
from tests.unit.intake.world import NOW, pack

SAID = {
    "receipt": "WRT2439WKX56708W", "channel": "open311", "kind": "issue", "urgency": "normal", "secrecy": "open",
    "category": "road-lamp", "title": "路灯不亮", "text": "路灯坏了三天。", "answers": {},
    "place": {"town": None, "address": "寺前街60号", "lon": 120.02, "lat": 29.21, "may_be_home": False},
}  # fmt: skip
LED = {"unit": "housing-construction", "assignment": 1, "category": "road-lamp"}


class Story:
    """One issue's story as intake reads it, an hour between two events."""

    def __init__(self, **said: Any) -> None:
        self.rules, self.state, self.at = IntakeRules(pack()), dict[str, Any](), NOW
        self.count = dict[str, int]()
        self.tell(names.ISSUE_SUBMITTED, source="intake", **SAID | said)

    def tell(self, type: str, *, source: str = "desk", **data: Any) -> "Story":
        self.count[source] = self.count.get(source, 0) + 1
        id = f"{source}:i:{self.count[source]}"
        event = Event(id, type, source, "i", self.count[source], self.at, data)
        self.state = dict(self.rules.evolve(self.state, event))
        self.at += timedelta(hours=1)
        return self

    @property
    def public(self) -> dict[str, Any]:
        found: dict[str, Any] = self.state["public"]
        return found

    def told(self) -> list[tuple[str, str | None]]:
        return [(one["key"], one["reply"]) for one in self.public["updates"]]


def closed() -> Story:
    story = Story().tell(names.ISSUE_ASSIGNED, source="router", **LED).tell(names.ISSUE_ACKNOWLEDGED)
    story.tell(names.ISSUE_HANDLED, reply="已更换灯头，试亮正常。").tell(names.ISSUE_FOLLOWED_UP)
    return story.tell(names.ISSUE_CLOSED, kind="resolved", reply=None)


def at(hours: int) -> str:
    return instant(NOW + timedelta(hours=hours))


def test_each_step_is_an_update_and_the_reply_stands_to_the_end() -> None:
    story = closed()
    assert story.told() == [
        ("assigned", None), ("acknowledged", None), ("handled", "已更换灯头，试亮正常。"), ("followed_up", None),
        ("closed.resolved", None),
    ]  # fmt: skip
    assert [one["id"] for one in story.public["updates"][:2]] == ["router:i:1", "desk:i:1"]
    assert (story.public["reply"], story.public["unit"]) == ("已更换灯头，试亮正常。", "housing-construction")
    assert (story.public["key"], story.public["updated"]) == ("closed.resolved", at(5))


def test_a_promised_date_is_a_change_and_what_tells_nobody_anything_is_none() -> None:
    story = Story().tell(names.ISSUE_ASSIGNED, source="router", **LED)
    story.tell(names.DEADLINE_SET, source="sla", clock="handling", limit=at(99))
    assert (story.public["updated"], len(story.public["updates"])) == (at(2), 1)
    story.tell(names.DEADLINE_SET, source="sla", clock="review", limit=at(50))
    story.tell(names.ISSUE_ACKNOWLEDGED).tell(names.ISSUE_ACKNOWLEDGED)
    assert (story.public["updated"], len(story.public["updates"])) == (at(4), 2)


def test_of_two_who_lead_the_higher_number_counts_and_at_equal_ones_the_desks() -> None:
    story = Story().tell(names.ISSUE_DISPATCHED, unit="urban-management", assignment=1, category="garbage")
    story.tell(names.ISSUE_ASSIGNED, source="router", **LED)
    assert (story.public["unit"], story.public["category"]) == ("urban-management", "garbage")
    story.tell(names.ISSUE_HANDED_OVER, unit="water-affairs", assignment=2)
    assert (story.public["unit"], story.public["category"]) == ("water-affairs", "garbage")
    story.tell(names.UNIT_SUCCEEDED, from_unit="tax", unit="finance")
    assert story.public["unit"] == "water-affairs"
    story.tell(names.UNIT_SUCCEEDED, from_unit="water-affairs", unit="finance")
    assert story.public["unit"] == "finance"


def test_it_is_of_the_category_that_goes_on_in_the_place_of_its_own() -> None:
    story = Story().tell(names.ISSUE_ASSIGNED, source="router", **LED)
    story.tell(names.CATEGORY_SUCCEEDED, from_category="noise", category="garbage")
    assert (story.public["category"], story.public["updated"]) == ("road-lamp", at(1))
    story.tell(names.CATEGORY_SUCCEEDED, from_category="road-lamp", category="drainage")
    assert (story.public["category"], story.public["updated"]) == ("drainage", at(3))
    assert story.told() == [("assigned", None)], "nobody is told of it"


def test_what_was_replied_of_a_false_completion_is_taken_back() -> None:
    story = Story().tell(names.ISSUE_ASSIGNED, source="router", **LED).tell(names.ISSUE_HANDLED, reply="修好了一盏。")
    story.tell(names.ISSUE_REOPENED, unit="housing-construction", round=2).tell(names.ISSUE_HANDLED, reply="全修好了。")
    story.tell(names.COMPLETION_VOIDED, text="内部")
    assert story.public["reply"] is None
    assert story.told()[1:] == [("handled", "修好了一盏。"), ("assigned", None), ("handled", None), ("assigned", None)]


@pytest.mark.parametrize("type", [names.ISSUE_REOPENED, names.OBJECTION_RAISED, names.ISSUE_SEPARATED])
def test_what_begins_anew_has_no_reply_yet(type: str) -> None:
    story = closed().tell(type, unit="housing-construction", of="answer")
    assert story.public["reply"] is None
    assert ("handled", "已更换灯头，试亮正常。") in story.told(), "it was said, and was so"


def test_how_it_was_closed_or_refused_stays_until_it_is_something_else() -> None:
    story = Story().tell(names.ISSUE_REFUSED, reason="litigation", reply="请向法院反映。")
    assert (story.public["key"], story.public["reply"]) == ("refused.litigation", "请向法院反映。")
    story.tell(names.ISSUE_CLOSED, kind="refused", reply=None)
    assert (story.public["key"], story.public["reply"]) == ("closed.refused", "请向法院反映。")
    story.tell(names.REOPEN_REQUESTED).tell(names.REOPEN_DECLINED, reply="理由如前。")
    assert (story.public["key"], story.public["reply"]) == ("closed", "理由如前。")


@pytest.mark.parametrize("level", ["confidential", "sealed"])
def test_of_what_becomes_secret_nothing_is_kept_nor_shown_when_it_is_open_again(level: str) -> None:
    story = closed().tell(names.SECRECY_CHANGED, before="open", secrecy=level, title="保密事项")
    assert story.state["public"] == {"shown": False}
    story.tell(names.PETITION_REVIEW_DECIDED, reply="内情如下。").tell(
        names.SECRECY_CHANGED, before=level, secrecy="open", title=None
    )
    story.tell(names.ISSUE_CLOSED, kind="resolved", reply="内情如上。")
    assert story.state["public"] == {"shown": False}
    assert Story(secrecy=level, text=None).tell(names.ISSUE_HANDLED, reply="内情。").public == {"shown": False}


def test_what_is_internal_is_not_shown_nor_what_was_replied_meanwhile() -> None:
    story = Story(secrecy="internal").tell(names.ISSUE_ASSIGNED, source="router", **LED)
    story.tell(names.ISSUE_HANDLED, reply="只告诉当事人。")
    assert (story.public["shown"], story.public["reply"], story.public["updates"]) == (False, None, [])
    story.tell(names.SECRECY_CHANGED, before="internal", secrecy="open", title=None)
    assert (story.public["shown"], story.public["key"], story.public["unit"]) == (True, "handled", LED["unit"])
    story.tell(names.ISSUE_CLOSED, kind="resolved", reply="修好了。")
    assert story.told() == [("closed.resolved", "修好了。")]
    assert Story(kind="spam").public["shown"] is False


def test_an_issue_from_before_anything_was_kept_is_shown_from_its_next_event_on() -> None:
    story = Story()
    del story.state["public"]
    story.tell(names.ISSUE_ASSIGNED, source="router", **LED)
    assert (story.public["shown"], story.told()) == (True, [("assigned", None)])
    bare = IntakeRules(pack()).evolve({}, Event("desk:x:1", names.UNIT_SUCCEEDED, "desk", "x", 1, NOW, {}))
    assert bare == {}


def test_a_long_story_with_long_replies_stays_small() -> None:
    story = Story()
    for _ in range(30):
        story.tell(names.ISSUE_HANDLED, reply="长" * 20_000).tell(names.COMPLETION_VOIDED, text="x")
        story.tell(names.REGISTER_REPORTED, report="长" * 20_000)
    assert len(story.public["updates"]) == MOST
    assert max(len(one["reply"] or "") for one in story.public["updates"]) == LONGEST_UPDATE
    assert len(str(story.public).encode()) < 80 * 1024


PHOTO = {"id": "p1", "owner": "desk", "media_type": "image/jpeg", "public": True}
EVIDENCE = [
    {**PHOTO, "id": "paper", "media_type": "application/pdf"}, {**PHOTO, "id": "internal", "public": False},
    {**PHOTO, "id": "received", "owner": "intake"}, PHOTO,
]  # fmt: skip


def pictured() -> Story:
    story = Story().tell(names.ISSUE_ASSIGNED, source="router", **LED)
    return story.tell(names.ISSUE_HANDLED, reply="修好了。", evidence=EVIDENCE)


def test_everybody_sees_the_pictures_that_an_officer_kept_for_everybody_and_no_other_file() -> None:
    story = pictured()
    assert pictures(story.public, ["handled"]) == ["p1", "p1"], "with the issue, and with the update"
    assert pictures(story.public, ["closed"]) == []
    story.tell(names.ISSUE_FOLLOWED_UP, evidence=[{**PHOTO, "id": "p2"}])
    assert (story.public["pictures"], story.public["updates"][-1]["pictures"]) == (["p2"], ["p2"])
    story.tell(names.ISSUE_CLOSED, kind="resolved", reply=None)
    assert story.public["pictures"] == ["p2"], "it stands to the end"
    assert "pictures" not in story.public["updates"][-1]


def test_a_picture_goes_with_what_it_was_told_with() -> None:
    assert pictures(pictured().tell(names.COMPLETION_VOIDED, text="x").public, ["assigned", "handled"]) == []
    reopened = pictured().tell(names.ISSUE_REOPENED, unit="housing-construction", round=2).public
    assert (reopened["pictures"], pictures(reopened, ["assigned", "handled"])) == ([], ["p1"]), "it was so then"
    secret = pictured().tell(names.SECRECY_CHANGED, before="open", secrecy="confidential", title="保密事项")
    assert "p1" not in str(secret.public)
    internal = Story(secrecy="internal").tell(names.ISSUE_HANDLED, reply="x", evidence=EVIDENCE)
    assert "p1" not in str(internal.public)
