"""Each wrong entry of the matrix (`texts/`, `telling.yaml`) is told with file, line and what would be right."""

from pathlib import Path

import pytest

from sanfu.city.loading import load
from tests.support.broken import Broken, loaded
from tests.support.packs import A_DAY, copied

CLOSING, LIGHTS, RECEIPT = "texts/closing.yaml", "texts/lights.yaml", "texts/receipt.yaml"
WRONG = {
    "an unknown event": Broken(
        CLOSING, "event: IssueClosed", "event: IssueClozed", "event", "no event 'IssueClozed'", "write IssueClosed"
    ),
    "an event that nobody is told of": Broken(
        CLOSING, "event: IssueClosed", "event: ReplyRefused", "body.zh", "nobody is told of this event", "choose", 7
    ),
    "no event": Broken(CLOSING, "    event: IssueClosed\n", "", "event", "is missing", "add event", -1),
    "an unknown audience": Broken(
        LIGHTS, "audience: officer", "audience: oficer", "audience", "'oficer' is not known", "write officer"
    ),
    "a party that hears of a light": Broken(
        LIGHTS, "audience: officer", "audience: party", "audience", "LightChanged is never told to 'party'", "officer"
    ),
    "a unit that hears of what comes while none leads": Broken(
        "texts/asked.yaml",
        "    audience: unit\n    unit: three-services-office\n    medium: email\n    urgency: digestible\n"
        "    delivery: at_least_once\n    useful_for: 24 hours\n    subject:\n      zh: 待预审",
        "    audience: unit_head\n    medium: email\n    urgency: digestible\n"
        "    delivery: at_least_once\n    useful_for: 24 hours\n    subject:\n      zh: 待预审",
        "unit",
        "is missing: of ReviewRequested no unit leads yet",
        "add unit: the code of the unit that is told",
        -3,
    ),
    "officers of an answer that no unit gave": Broken(
        "texts/review.yaml",
        "    where: &may_object {may_object: [true]}\n    audience: party\n",
        "    where: &may_object {may_object: [true]}\n    audience: officer\n",
        "unit",
        "is missing: of IssueRefused no unit leads yet",
        "add unit",
        -2,
    ),
    "an unknown medium": Broken(CLOSING, "medium: email", "medium: emial", "medium", "'emial'", "write email"),
    "a medium that reaches no party": Broken(
        CLOSING, "medium: email", "medium: inbox", "medium", "not reached by 'inbox'", "write one of: sms, email"
    ),
    "an unknown key": Broken(
        CLOSING, "    delivery: at_most", "    delivry: at_most", "delivry", "not a key", "write delivery"
    ),
    "an unknown policy": Broken(
        CLOSING, "at_most_once", "at_most_twice", "delivery", "'at_most_twice'", "write at_most_once"
    ),
    "no policy": Broken(CLOSING, "    delivery: at_most_once\n", "", "delivery", "is missing", "add delivery", -5),
    "an unknown urgency": Broken(
        RECEIPT, "urgency: critical", "urgency: criticl", "urgency", "'criticl'", "write critical"
    ),
    "a time that is none": Broken(
        CLOSING, "useful_for: 3 calendar days", "useful_for: 3 days", "useful_for", "'3 days'", "calendar days"
    ),
    "a condition that the event does not have": Broken(
        LIGHTS, "{level: [yellow]", "{levle: [yellow]", "where.levle", "is no field of", "write level"
    ),
    "no text": Broken(
        RECEIPT, "    body: &emergency\n", "    bodi: &emergency\n", "bodi", "is not a key", "write body"
    ),
    "a language that is missing": Broken(
        CLOSING, "      en: Your report is closed", "      # none", "subject.en", "is missing", "add en", -2
    ),
    "a language that the city does not write": Broken(
        CLOSING, "      en: Your report", "      fr: x\n      en: Your report", "subject.fr", "not a key", "en"
    ),
    "an unknown placeholder": Broken(
        RECEIPT, "编号{number}。凭", "编号{nummer}。凭", "body.zh", "{nummer} is not known", "use only: "
    ),
    "a placeholder that a neutral text may not have": Broken(
        LIGHTS, "{number}（保密）将", "{number}（{category}）将", "neutral.zh", "would reveal", "use only: "
    ),
    "a link to staff": Broken(LIGHTS, "请抓紧办理", "请办理{link}", "body.zh", "{link} is not known", "use only: "),
    "an SMS of two thousand characters": Broken(
        CLOSING, "果：{outcome}。如有异议", "果：{reply}。如有异议", "body.zh", "no room for {reply}", "write {link}"
    ),
    "an SMS that may outgrow its segments": Broken(
        RECEIPT, "查询进度。", "查询进度。" + "谢谢您。" * 9, "body.zh", "more than 1 SMS of 70", "segments: 2"
    ),
    "segments that nobody pays for": Broken(
        RECEIPT, "medium: sms", "medium: sms\n    segments: 4", "segments", "'4' can't be read", "1, 2 or 3", 1
    ),
    "segments of an e-mail": Broken(
        RECEIPT, "medium: email", "medium: email\n    segments: 2", "segments", "email has none", "leave it out", 1
    ),
    "an id twice": Broken(
        CLOSING, "id: closing-party-email", "id: closing-party-sms", "id", "is there twice", "rename"
    ),
    "a message twice": Broken(
        "texts/petitions.yaml",
        "event: PetitionReviewDecided",
        "event: PetitionAdmitted",
        "where",
        "is never sent: 'petition-admitted-party-sms' tells the party by sms already",
        "tell the two apart",
        -1,
        fatal=False,
    ),
    "a message that an earlier one leaves nobody": Broken(
        LIGHTS,
        "where: &red {level: [red], clock: [unit_handling, assist, petition_handle]}",
        "where: &red {level: [yellow], clock: [assist]}",
        "where",
        "is never sent: 'yellow-officer-sms' tells the officer by sms already",
        "remove one",
        fatal=False,
    ),
    "a message that an earlier one leaves some": Broken(
        LIGHTS,
        "where: &red {level: [red], clock: [unit_handling, assist, petition_handle]}",
        "where: &red {level: [red, yellow], clock: [assist]}",
        "where",
        "is not sent where both are for it: 'yellow-officer-sms' tells",
        "tell the two apart",
        fatal=False,
    ),
    "quiet hours of no day": Broken(
        "telling.yaml", '"21:00-08:00"', '"25:00-08:00"', "quiet.hours", "can't be read", "18:00-08:00"
    ),
    "quiet hours without an end": Broken(
        "telling.yaml", '"21:00-08:00"', '"21:00"', "quiet.hours", "'21:00' can't be read", "18:00-08:00"
    ),
    "quiet hours of a medium that is not known": Broken(
        "telling.yaml", "[sms, dingtalk, wecom]", "[sms, dingtalks]", "quiet.media", "'dingtalks'", "write dingtalk"
    ),
    "quiet hours without hours": Broken(
        "telling.yaml", '  hours: "21:00-08:00"\n', "", "quiet.hours", "is missing", "add hours", -1
    ),
    "a day off of an event that is not known": Broken(
        "telling.yaml", "[LightChanged, Esc", "[LightChangd, Esc", "day_off.events", "'LightChangd'", "LightChanged"
    ),
    "a morning that is none": Broken(
        "telling.yaml", 'until: "08:00"', 'until: "8 Uhr"', "day_off.until", "'8 Uhr' can't be read", "08:"
    ),
    "a span that is too long to gather": Broken(
        "telling.yaml", "gather: 10 minutes", "gather: 10 calendar days", "gather", "can't be read", "a day at most"
    ),
    "a digest at no time": Broken(
        "telling.yaml", '["08:30", "14:00"]', '["08:30", "24:30"]', "digest", "'24:30' can't be read", ":"
    ),
    "a cap of nobody": Broken(
        "telling.yaml", "caps: {staff: 30,", "caps: {stuff: 30,", "caps.stuff", "nobody is called 'stuff'", "staff"
    ),
    "a cap of nothing": Broken(
        "telling.yaml", "caps: {staff: 30,", "caps: {staff: 0,", "caps.staff", "'0' can't be read", "from 1 to 10000"
    ),
    "an unknown key of telling.yaml": Broken(
        "telling.yaml", "\ngather:", "\ngathr:", "gathr", "is not a key", "write gather", 1
    ),
    "a list's word in no language": Broken(
        "telling.yaml", "    en: News of your reports", "    # en: News", "lists_outside.subject.en", "is missing",
        "add en", -2,
    ),
    "a list's unknown placeholder": Broken(
        "telling.yaml", "三服务】{count}条提醒", "三服务】{number}条提醒", "lists.head.zh", "{number} is not known",
        "city, count",
    ),
    "a list's head that leaves no room for the list": Broken(
        "telling.yaml", "三服务】{count}条提醒", "三服务】" + "请尽快办理，" * 9 + "{count}条", "lists.head.zh",
        "of an SMS", "shorten one",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_entry_is_told_with_its_line_and_what_would_be_right(wrong: Broken, tmp_path: Path) -> None:
    loaded(wrong, tmp_path)


@pytest.mark.parametrize(
    ("event", "audience"), [("IssueClosed", "party"), ("IssueSubmitted", "party"), ("IssueAssigned", "unit")]
)
def test_what_a_city_owes_somebody_and_does_not_tell_is_remarked_on(event: str, audience: str, tmp_path: Path) -> None:
    root = copied(tmp_path)
    for path in root.glob("texts/*.yaml"):
        head, *messages = path.read_text(encoding="utf-8").split("\n  - id: ")
        kept = [one for one in messages if not (event in one and f"audience: {audience}\n" in one)]
        path.write_text("\n  - id: ".join([head, *kept]), encoding="utf-8")

    told = [
        (each.file, each.key, each.fatal) for each in load(root, A_DAY).problems if "no message tells" in each.message
    ]
    assert ("texts/", event, False) in told
