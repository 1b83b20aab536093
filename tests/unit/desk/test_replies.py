"""Answers by topic: a unit's own system does what its API key would let it do, and hears why where it can't."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import orjson
import pytest

from sanfu.contracts import names
from sanfu.contracts.replies import replies
from sanfu.desk import handlers
from sanfu.desk.adapters.memory import MemoryCases, memory_shelves
from sanfu.desk.domain.replying import BY_TOPIC, MOST_REFUSED
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.desk.entrypoints.reading_replies import read
from sanfu.desk.replies import Replies, Reply, Unusable
from sanfu.runtime.broker import Incoming, Outgoing
from sanfu.runtime.fold import REMEMBERED
from sanfu.runtime.memory import Fault
from tests.support.cases import MORNING, OFFICER, Desk, Story, assigned, deadline, packs, submitted, use_cases
from tests.support.eventually import eventually

UNIT, OTHER_UNIT = "urban-management", "tax"
HANDLED = {"outcome": "solved", "reply": "三盏路灯已更换，今晚恢复照明。"}
numbers = itertools.count(1)


def reply(command: str, said: Any = None, *, issue: str = "i-1", unit: str = UNIT, **heads: Any) -> Outgoing:
    """Make a record as a unit's system would send it. `heads` take the place of its headers; None: left out."""
    given = {"ce_specversion": "1.0", "ce_id": f"oa:{next(numbers):06}", "ce_type": names.reply_type(command),
             "ce_source": "/oa"} | heads  # fmt: skip
    headers = [(name, text if isinstance(text, bytes) else text.encode()) for name, text in given.items() if text]
    value = said if isinstance(said, bytes) else orjson.dumps(said or {})
    return Outgoing(names.replies_topic(unit), issue, value, headers)


async def led(desk: Desk, subject: str = "i-1", **more: Any) -> Story:
    story = Story(subject)
    told = ("intake", names.ISSUE_SUBMITTED, submitted(**more)), ("router", names.ISSUE_ASSIGNED, assigned(UNIT))
    await desk.tell(story, *told)
    return story


async def send(desk: Desk, *records: Outgoing) -> None:
    """Have the unit send these, and wait until all are taken."""
    assert all(await desk.broker.publish(records))
    await taken(desk)


async def taken(desk: Desk) -> None:
    async def quiet() -> bool:
        return bool((await desk.service.watcher.quiet())["quiet"])

    await eventually(quiet)


def told(desk: Desk, subject: str = "i-1") -> list[tuple[str, dict[str, Any]]]:
    """What desk told of an issue."""
    records = [one for log in desk.broker.topics[names.ISSUES] for one in log if one.key == subject]
    found = [(dict(one.headers), orjson.loads(one.value or b"{}")) for one in records]
    return [(heads["ce_type"].decode(), body) for heads, body in found if heads["ce_source"] == b"/sanfu/desk"]


def refused(desk: Desk, subject: str = "i-1") -> list[dict[str, Any]]:
    return [body for type, body in told(desk, subject) if type == names.REPLY_REFUSED]


def sent_back(desk: Desk, unit: str = UNIT) -> list[Incoming]:
    return [*desk.broker.topics[names.refused_replies_topic(unit)][0]]


def problems(desk: Desk, unit: str = UNIT) -> list[str]:
    return [dict(one.headers)["sanfu_problem"].decode().rpartition(":")[2] for one in sent_back(desk, unit)]


async def state(desk: Desk, subject: str = "i-1") -> str:
    return str(desk.documents.documents[subject]["state"])


async def test_a_unit_acknowledges_contacts_and_handles_by_its_topic(desk: Desk) -> None:
    await led(desk)
    await send(desk, reply("acknowledge"), reply("contact", {"result": "reached"}), reply("handle", HANDLED))
    assert await state(desk) == "handled"
    by = {"id": UNIT, "role": "unit_system", "unit": UNIT}
    events = told(desk)
    assert [type for type, _ in events][:3] == [names.ISSUE_ACKNOWLEDGED, names.ISSUE_CONTACTED, names.ISSUE_HANDLED]
    assert [body["by"] for _, body in events[:3]] == [by] * 3
    assert (refused(desk), sent_back(desk)) == ([], [])


@pytest.mark.parametrize("command", BY_TOPIC)
def test_the_example_that_programmers_see_is_one_that_desk_reads(command: str) -> None:
    [said] = replies()[names.reply_type(command)]["examples"]
    sent = reply(command, said)
    taken = read(Incoming(sent.topic, 0, 0, sent.key, sent.value, sent.headers))
    assert (taken.command, taken.fault, said.keys() - taken.said.keys()) == (command, None, set())


async def test_the_unit_is_the_topics_whatever_a_body_says(desk: Desk) -> None:
    await led(desk)
    await send(desk, reply("acknowledge", {"by": {"id": UNIT, "unit": UNIT}}, unit=OTHER_UNIT))
    assert problems(desk, OTHER_UNIT) == ["case-unknown"]
    await send(desk, reply("acknowledge", {"by": {"id": OTHER_UNIT}}))
    [one] = refused(desk)
    assert (one["unit"], one["by"]["unit"], one["problem"]) == (UNIT, UNIT, "urn:sanfu:problem:invalid-input")


@pytest.mark.parametrize(("issue", "unit"), [("i-1", OTHER_UNIT), ("i-9", UNIT)])
async def test_about_what_is_not_the_units_nothing_is_ordered(desk: Desk, issue: str, unit: str) -> None:
    await led(desk)
    replies, waited = Replies(use_cases(desk)), list[bool]()  # whatever these order is an error

    async def heard() -> None:
        waited.append(True)

    with pytest.raises(Unusable) as back:
        await replies.take(Reply(unit, issue, "oa:x", "acknowledge", "d", {}), heard)
    assert (back.value.slug, waited) == ("case-unknown", [True])


async def test_the_same_id_has_the_same_outcome_any_time_later(desk: Desk) -> None:
    await led(desk)
    early = reply("contact", {"result": "reached"})
    done = reply("acknowledge")
    await send(desk, early, done)
    [one] = refused(desk)
    assert (one["command"], one["problem"]) == ("contact", "urn:sanfu:problem:not-now")
    assert "acknowledge" in one["allowed"] and "contact" not in one["allowed"]
    desk.advance(days=3)
    await send(desk, early, done, early)
    assert await state(desk) == "acknowledged", "it would be possible now, but that id was refused"
    assert (len(told(desk)), sent_back(desk)) == (2, [])


async def test_the_same_id_has_the_same_outcome_whatever_else_was_done_meanwhile(desk: Desk) -> None:
    await led(desk)
    done, not_now = reply("acknowledge"), reply("assist_done", {"text": "查过了"})
    await send(desk, done, not_now)
    for _ in range(REMEMBERED + 1):
        assert (await desk.order(OFFICER, "i-1", "contact", {"result": "reached"})).status_code == 200
    before = told(desk)
    await send(desk, done, not_now)
    assert (told(desk), sent_back(desk)) == (before, [])


async def test_what_was_done_stays_done_when_the_case_is_another_units_by_now(desk: Desk) -> None:
    story = await led(desk)
    done = reply("acknowledge")
    await send(desk, done)
    await desk.tell(story, ("router", names.ISSUE_ASSIGNED, assigned(OTHER_UNIT, assignment=2)))
    before = told(desk)
    await send(desk, done, reply("contact", {"result": "reached"}))
    assert (told(desk), problems(desk)) == (before, ["case-unknown"]), "the new one alone goes back"


async def test_an_id_that_comes_with_other_content_goes_back(desk: Desk) -> None:
    await led(desk)
    await send(desk, reply("acknowledge", ce_id="oa:twice"))
    before = told(desk)
    await send(desk, reply("contact", {"result": "reached"}, ce_id="oa:twice"))
    assert problems(desk) == ["key-reused"]
    assert told(desk) == before


async def test_the_same_id_of_two_units_is_two_ids(desk: Desk) -> None:
    await led(desk)
    await desk.order(OFFICER, "i-1", "acknowledge")
    await desk.order(OFFICER, "i-1", "ask_assist", {"unit": OTHER_UNIT, "task": "查一查"})
    await send(desk, reply("contact", {"result": "reached"}, ce_id="oa:shared"))
    await send(desk, reply("assist_done", {"text": "查过了"}, ce_id="oa:shared", unit=OTHER_UNIT))
    assert [type for type, _ in told(desk)][-2:] == [names.ISSUE_CONTACTED, names.ASSIST_DONE]
    assert told(desk)[-1][1]["by"]["unit"] == OTHER_UNIT


async def test_replies_about_one_issue_are_taken_in_their_order_also_when_they_come_in_a_wrong_one(desk: Desk) -> None:
    await led(desk)
    await send(desk, reply("handle", HANDLED), reply("acknowledge"), reply("contact", {"result": "reached"}))
    assert await state(desk) == "contacted"
    assert [one["command"] for one in refused(desk)] == ["handle"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "$.result"),
        ({"result": "perhaps"}, "$.result"),
        ({"result": "reached", "13911112222": 1}, "$"),
        ({"result": "reached", "summary": "x" * 5001}, "$.summary"),
        ({"result": "reached", "contacted_at": "yesterday"}, "$.contacted_at"),
        ({"result": "reached", "evidence": [{"id": "x", "王小明": 1}]}, "$.evidence[0].sha256"),
        (b'{"result": "reached", "result": "failed"}', "$.result"),
        (b'{"result": "reached", "\\u0000": 1, "\\u0000": 2}', "$"),
        ([], "$"),
        (b'"reached"', "$"),
    ],
)
async def test_what_a_command_does_not_take_is_refused_by_field_and_changes_nothing(
    desk: Desk, said: Any, field: str
) -> None:
    await led(desk)
    await desk.order(OFFICER, "i-1", "acknowledge")
    await send(desk, reply("contact", said if said else orjson.dumps(said)))
    [one] = refused(desk)
    assert (await state(desk), one["problem"]) == ("acknowledged", "urn:sanfu:problem:invalid-input")
    assert one["errors"][0]["field"] == field
    assert "contact" in one["allowed"]
    assert not any(word in str(one) for word in ("13911112222", "王小明", "perhaps", "yesterday"))


async def test_what_only_the_rules_can_judge_is_refused_as_the_api_would(desk: Desk) -> None:
    await led(desk)
    said = {"ground": "law", "proposed_unit": "nowhere", "text": "不归我们管"}
    await send(desk, reply("return", said))
    by_api = (await desk.order(OFFICER, "i-1", "return", said)).json()
    [one] = refused(desk)
    assert (one["problem"], one["reason"], one["errors"]) == (by_api["type"], by_api["detail"], by_api["errors"])


@pytest.mark.parametrize(
    ("command", "said", "field", "expected"),
    [
        ("contact", {"result": "reached", "sumary": "x"}, "$.sumary", "one of result, "),
        ("contact", {"result": "reached", "evidence": [{"ID": "x"}]}, "$.evidence[0].ID", "one of id, "),
        ("contact", {"result": "reached", "x" * 41: 1}, "$", "one of result, "),
        ("contact", {"result": "reached", "tel_139": 1}, "$", "one of result, "),
        ("acknowledge", {"reslt": "reached"}, "$.reslt", ""),
    ],
)
async def test_a_field_that_a_command_does_not_have_is_named_with_those_it_has(
    desk: Desk, command: str, said: dict[str, Any], field: str, expected: str
) -> None:
    await led(desk)
    await send(desk, reply(command, said))
    errors = {
        one["field"]: one["expected"] for one in refused(desk)[0]["errors"] if one["problem"] == "extra_forbidden"
    }
    assert errors.keys() == {field}
    assert errors[field].startswith(expected)
    assert "Extra inputs" not in errors[field]
    by_api = (await desk.order(OFFICER, "i-1", command, said)).json()["errors"]
    [theirs] = [one for one in by_api if one["problem"] == "extra_forbidden"]
    assert theirs["field"].startswith(field)
    assert theirs["expected"] == errors[field]


async def test_a_refused_reply_names_no_command_that_the_policy_has_nothing_for(desk: Desk) -> None:
    for issue, grade in (("i-1", "simple"), ("i-2", "complex")):
        led_by = ("router", names.ISSUE_ASSIGNED, assigned(UNIT, grade=grade))
        limit = ("sla", names.DEADLINE_SET, deadline(MORNING + timedelta(days=9)))
        await desk.tell(Story(issue), ("intake", names.ISSUE_SUBMITTED, submitted()), led_by, limit)
        await send(desk, reply("contact", {"result": "reached"}, issue=issue))
        [one] = refused(desk, issue)
        granted = {"ask_extension", "suspend"} & {*one["allowed"]}
        assert granted == (set() if grade == "simple" else {"ask_extension", "suspend"})
        assert granted <= {*(await desk.get(OFFICER, f"/v1/cases/{issue}")).json()["allowed"]}


@pytest.mark.parametrize("command", ["dispatch", "close", "correct_contact", "follow_up", "make_coffee"])
async def test_what_is_no_command_of_a_units_system_is_refused(desk: Desk, command: str) -> None:
    await led(desk)
    await send(desk, reply(command, {"unit": "tax"}))
    [one] = refused(desk)
    assert (one["command"], one["problem"]) == (command, "urn:sanfu:problem:no-reply")
    assert "acknowledge" in one["allowed"]


async def test_a_command_that_is_misspelt_is_told_which_one_was_meant(desk: Desk) -> None:
    await led(desk)
    await send(desk, reply("acknowlege", {}))
    await send(desk, reply("make_coffee", {}))
    near, far = refused(desk)
    assert near["reason"].endswith("Did you mean acknowledge?")
    assert "acknowledge, " in far["reason"]


async def test_a_reply_in_another_encoding_is_told_which_one_is_right(desk: Desk) -> None:
    await led(desk)
    await send(desk, reply("contact", '{"result": "reached", "summary": "已联系"}'.encode("gbk")))
    [letter] = sent_back(desk)
    assert b"UTF-8" in dict(letter.headers)["sanfu_reason"]


async def test_nobody_learns_from_its_dead_letters_what_there_is(desk: Desk) -> None:
    await led(desk)
    await led(desk, "i-sealed", secrecy="sealed", text=None)
    await led(desk, "i-theirs")
    said = [reply("acknowledge", issue=issue, unit=unit) for issue, unit in
            (("i-none", UNIT), ("i-sealed", UNIT), ("i-theirs", OTHER_UNIT), ("中文", UNIT))]  # fmt: skip
    await send(desk, *said)
    letters = [*sent_back(desk), *sent_back(desk, OTHER_UNIT)]
    assert {(dict(one.headers)["sanfu_problem"], dict(one.headers)["sanfu_reason"]) for one in letters} == {
        (b"urn:sanfu:problem:case-unknown", b"There is no such case, or it is not one of yours.")
    }
    assert [one.value for one in letters] == [b"{}"] * 4
    assert all(not told(desk, issue) for issue in ("i-sealed", "i-theirs"))


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (reply("acknowledge", issue=""), "key-missing"),
        (reply("acknowledge", issue="x" * 201), "key-missing"),
        (reply("acknowledge", ce_subject="i-2"), "another-subject"),
        (reply("acknowledge", ce_id=None), "no-id"),
        (reply("acknowledge", ce_id="短"), "no-id"),
        (reply("acknowledge", ce_id=b"\xff\xfe\xfd\xfc\xfb"), "no-id"),
        (reply("acknowledge", ce_id="x" * 201), "no-id"),
        (reply("acknowledge", ce_id="oa-13911112222"), "id-names-somebody"),
        (reply("acknowledge", ce_type=None), "no-type"),
        (reply("acknowledge", ce_type="sanfu.issue.acknowledged.v1"), "no-type"),
        (reply("acknowledge", ce_type="sanfu.reply.acknowledge.v2"), "no-type"),
        (reply("acknowledge", b""), "no-body"),
        (reply("acknowledge", b"{"), "malformed-json"),
        (reply("acknowledge", b"\xff\xfe{}"), "malformed-json"),
        (reply("acknowledge", b"[" * 100_000), "malformed-json"),
        (reply("acknowledge", b'{"a": "' + b"x" * 300_000 + b'"}'), "body-too-large"),
    ],
)
async def test_what_no_story_can_tell_of_goes_back_as_it_came_and_keeps_nothing_up(
    desk: Desk, record: Outgoing, problem: str
) -> None:
    await led(desk)
    await send(desk, record, reply("acknowledge"))
    assert problems(desk) == [problem]
    [letter] = sent_back(desk)
    assert (letter.key, letter.value) == (record.key, record.value)
    assert dict(letter.headers)["sanfu_offset"] == b"0"
    assert await state(desk) == "acknowledged"
    assert refused(desk) == []


async def test_a_texts_phone_and_the_partys_name_are_masked_as_by_the_api(desk: Desk) -> None:
    await led(desk)
    said = {"result": "reached", "summary": "已致电 13911112222 说明。"}
    await send(desk, reply("acknowledge"), reply("contact", said))
    assert "13911112222" not in str(told(desk))
    assert "已致电" in told(desk)[-1][1]["summary"]


async def test_words_about_what_is_confidential_rest_sealed_and_a_refusal_says_why_all_the_same(desk: Desk) -> None:
    await led(desk, secrecy="confidential", text=None, title="保密诉求")
    said = {"result": "reached", "summary": "已与当事人见面。"}
    await send(desk, reply("contact", said), reply("acknowledge"), reply("contact", said))
    assert "见面" not in str(told(desk)) + str(desk.documents.documents)
    assert len(desk.documents.others["sealed_texts"]) == 1
    [one] = refused(desk)
    assert "not for you" in one["reason"]


async def test_nothing_is_refused_before_the_desk_has_heard_all_that_was_told(desk: Desk) -> None:
    at_work = handlers.Desk(
        handlers.City(packs().current), MemoryCases(desk.documents.documents), memory_shelves(desk.documents.others),
        desk.documents, desk.clock, desk.service.commands.do,
    )  # fmt: skip
    sent = reply("acknowledge")

    async def heard() -> None:
        await led(desk)

    taken = await Replies(at_work).take(read(Incoming(sent.topic, 0, 0, sent.key, sent.value, sent.headers)), heard)
    assert taken.fate == "done"


async def test_all_is_heard_when_what_was_told_before_is_folded(desk: Desk) -> None:
    desk.documents.down = True
    story = Story("i-1")
    assert all(await desk.broker.publish([story.record("intake", names.ISSUE_SUBMITTED, submitted())]))
    hearing = asyncio.ensure_future(desk.service.lines[0].heard())
    await asyncio.wait([hearing], timeout=0.2)
    assert not hearing.done()
    desk.documents.down = False
    await asyncio.wait_for(hearing, 20)
    assert "i-1" in desk.documents.documents


async def test_while_the_store_is_away_a_reply_waits_and_is_done_once(desk: Desk) -> None:
    await led(desk)
    desk.documents.fail_next.extend([Fault.REFUSED, Fault.UNKNOWN])
    await send(desk, reply("acknowledge"), reply("contact", {"result": "reached"}))
    assert [type for type, _ in told(desk)] == [names.ISSUE_ACKNOWLEDGED, names.ISSUE_CONTACTED]
    assert sent_back(desk) == []


async def test_replies_in_hand_while_the_store_is_away_show_since_when(desk: Desk) -> None:
    await led(desk)
    desk.documents.down = True
    assert all(await desk.broker.publish([reply("acknowledge")]))
    await eventually(lambda: held(desk), within=20)
    desk.documents.down = False
    await taken(desk)
    assert not await held(desk)


async def held(desk: Desk) -> bool:
    lines = (await desk.client.get("/metrics")).text.splitlines()
    return float(next(line for line in lines if line.startswith("sanfu_desk_replies_held_seconds ")).split()[1]) > 0


async def test_a_system_that_has_lost_its_mind_does_not_fill_the_story(desk: Desk) -> None:
    await led(desk)
    await send(desk, *(reply("sign") for _ in range(MOST_REFUSED + 5)))
    assert len(refused(desk)) == MOST_REFUSED
    assert problems(desk) == ["too-many-refused"] * 5
    await send(desk, reply("acknowledge"))
    assert await state(desk) == "acknowledged"


async def test_what_is_done_and_refused_is_counted(desk: Desk) -> None:
    await led(desk)
    await send(desk, reply("contact", {"result": "reached"}), reply("acknowledge"), reply("acknowledge", issue="none"))
    metrics = (await desk.client.get("/metrics")).text
    for labels in ('fate="done",why=""', 'fate="refused",why="not-now"', 'fate="dead",why="case-unknown"'):
        assert f"sanfu_desk_replies_total{{{labels}}} 1.0" in metrics


def test_every_command_of_a_units_system_has_a_body() -> None:
    assert set(BY_TOPIC) <= BODIES.keys()
    assert {"acknowledge", "contact", "handle", "return", "ask_extension", "assist_done"} <= set(BY_TOPIC)
    assert not {"sign", "correct_contact", "dispatch"} & set(BY_TOPIC)
