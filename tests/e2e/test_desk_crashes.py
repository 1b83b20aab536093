"""Desk killed with -9 at each crash point, over and over, while people give it commands; each is sent again until it is
answered. The end is that of a desk to which nothing happened."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

import sanfu.runtime.service  # noqa: F401  # declares the crash points
from sanfu.contracts import contact_wire, names
from sanfu.contracts.registry import codec
from sanfu.runtime.crash import CRASHPOINTS
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import connect
from sanfu.runtime.sealing import Sealed, Sealer
from tests.flow import test_category_ends as categories
from tests.flow.test_post_ends import AGENT, DEPUTY
from tests.flow.test_succession import FORMER, HEIR, LAST_DAY, renamed
from tests.support.assembling import KEYS
from tests.support.cases import CALLER, LEADER, OFFICE, OPERATOR, REVIEWER, Story, as_user, assigned, submitted, token
from tests.support.city import local
from tests.support.mortal import Mortal, Place, again_and_again
from tests.support.packs import lasting
from tests.support.parts import create_topics

TOPICS = {
    names.ISSUES: 4, names.AFFAIRS: 4, names.CONTACTS: 1, names.DIRECTORY: 1, names.dead_letter_topic("desk"): 1,
}  # fmt: skip
OFFICER, HEAD = f"{FORMER}-officer", f"{FORMER}-head"
PEOPLE = (OFFICER, HEAD, OFFICE, REVIEWER, CALLER, LEADER, OPERATOR, AGENT, "building-officer")
LAMP, SECRET, TWIN, FOUND = "i-lamp", "i-secret", "i-twin", "i-found"
LOUD, HUSHED, ERRAND = "i-loud", "i-hushed", "i-errand"
ORDER = f"order:{LAMP}:false_completion:1"
POINTS = sorted(name for name in CRASHPOINTS if name.startswith(("machine.", "concerns.")))
IN_TURN = ("machine.after_write:2", "concerns.before_fold:1", "machine.before_publish:3", "concerns.after_fold:2")
"""Where the four lives of the short walk end. `--full` walks every point by itself."""
MORE_THAN_STATE = ("ver", "outbox", "heeded", "applied", "history")


@dataclass(slots=True)
class World:
    """A desk, the story that others tell it, and what it answered."""

    place: Place
    desk: Mortal
    broker: KafkaBroker
    answers: list[tuple[str, int, str]] = field(default_factory=list)

    async def tell(self, subject: str, assigned_by_router: dict[str, Any], **more: Any) -> None:
        story = Story(subject, local("2026-05-07 17:00"))
        told = [("intake", names.ISSUE_SUBMITTED, submitted(receipt=f"YW-{subject}", **more)),
                ("router", names.ISSUE_ASSIGNED, assigned_by_router)]  # fmt: skip
        assert all(await self.broker.publish([story.record(*each) for each in told]))
        await self.sees(f"cases/{subject}", "assigned")

    async def sees(self, path: str, state: str) -> Any:
        """Wait until the office sees it in that state."""
        return await self.desk.shows(f"/v1/{path}", lambda seen: seen["state"] == state, **as_user(OFFICE))

    async def does(self, user: str, path: str, **said: Any) -> dict[str, Any]:
        """Give a command, the same again until it is answered, and once more: the second answer is the first."""
        headers = {"Idempotency-Key": f"k{len(self.answers)}", **as_user(user)}
        url = f"/v1/{path}"
        found = await self.desk.answer(lambda client: client.post(url, json=said, headers=headers))
        assert found.is_success, f"{user} {path}: {found.text}"
        again = await self.desk.answer(lambda client: client.post(url, json=said, headers=headers))
        body, same = dict(found.json()), again.json()
        assert (same["id"], same["state"], same["repeated"]) == (body["id"], body["state"], True)
        self.answers.append((path, found.status_code, body["state"]))
        return body

    # ── what comes of it ─────────────────────────────────────────────────────────────────────────────────────────────

    async def tale(self) -> Counter[tuple[str, str, str]]:
        """Each own event's story, subject and type; a record may come again, but an id has one content."""
        found: dict[str, tuple[str, str, str]] = {}
        bodies = set()
        for topic in (names.ISSUES, names.AFFAIRS):
            for record in await self.broker.read(topic):
                heads = {name: value.decode() for name, value in record.headers}
                if heads["ce_source"] == "/sanfu/desk":
                    found[heads["ce_id"]] = (topic, heads["ce_subject"], heads["ce_type"])
                    bodies.add((heads["ce_id"], record.value))
        assert len(bodies) == len(found)
        return Counter(found.values())

    async def reached(self) -> dict[str, Any]:
        """By what parties are reached now, as desk wrote it down; no version of that has two contents."""
        found: dict[str, dict[int, bytes]] = {}
        for record in await self.broker.read(names.CONTACTS):
            value = record.value or b""
            version = codec.decode(names.CONTACT_RECORD, value)["version"]
            assert found.setdefault(record.key or "", {}).setdefault(version, value) == value
        return {key: [_opened(key, value) for _, value in sorted(all.items())] for key, all in found.items()}

    async def kept(self) -> dict[str, Any]:
        """All cases and affairs, and for whom and of which event something lies on the shelf of sealed texts."""
        client = connect(self.place.mongo)
        database = client.get_database(f"{self.place.prefix}_desk")
        found = [one for name in ("subjects", "affairs") for one in await database[name].find().to_list(None)]
        shelf = await database["sealed_texts"].find().to_list(None)
        client.close()
        assert not [one["outbox"] for one in found if one["outbox"]]
        states = {one["_id"]: {k: v for k, v in one.items() if k not in MORE_THAN_STATE} for one in found}
        histories = {f"history of {one['_id']}": Counter(map(str, one["history"])) for one in found}
        return {**states, **histories, "shelf": {one["_id"]: one["cases"] for one in shelf}}


def _opened(key: str, value: bytes) -> Any:
    box = codec.decode(names.CONTACT_RECORD, value)["party"]
    sealed = Sealed.read({"key_id": box["key"], "nonce": box["nonce"], "box": box["sealed"]})
    issue, _, writer = key.rpartition("/")
    return orjson.loads(Sealer(KEYS).open(sealed, contact_wire.context(issue, writer, "party")))


async def followed(it: World) -> None:
    """Signed, found to be false, supervised, done again, unsatisfactory, opened again."""
    outcome = {"outcome": "solved"}
    await it.tell(LAMP, assigned(FORMER, grade="difficult"), category=categories.FORMER)
    await it.does(OFFICER, f"cases/{LAMP}/acknowledge")
    await it.does(OFFICER, f"cases/{LAMP}/contact", result="reached")
    await it.does(OFFICER, f"cases/{LAMP}/handle", **outcome, reply="已派人到现场修复，今晚恢复正常。")
    await it.does(HEAD, f"cases/{LAMP}/sign")
    await it.does(CALLER, f"cases/{LAMP}/void", text="现场查看，灯仍未更换。")
    await it.sees(f"orders/{ORDER}", "raised")
    await it.desk.shows(f"/v1/cases/{LAMP}", lambda seen: ORDER in seen["affairs"], **as_user(OFFICE))
    await it.does(HEAD, f"orders/{ORDER}/reply", text="今日完成更换。")
    await it.does(OFFICE, f"orders/{ORDER}/lift", reason="复核属实")
    lifted = lambda seen: not seen["affairs"][ORDER]["open"]  # noqa: E731
    await it.desk.shows(f"/v1/cases/{LAMP}", lifted, **as_user(OFFICE))
    await it.does(OFFICER, f"cases/{LAMP}/handle", **outcome, reply="三盏灯已全部更换，并于当晚试灯。")
    await it.does(HEAD, f"cases/{LAMP}/sign")
    await it.does(CALLER, f"cases/{LAMP}/follow_up", resolved="no", method="call")
    await it.does(OFFICE, f"cases/{LAMP}/reopen", reason="仍不亮")


async def written_about(it: World) -> None:
    """Two words about what is confidential go onto the shelf."""
    await it.tell(SECRET, assigned(FORMER), secrecy="confidential", title="保密诉求", text=None)
    await it.does(OFFICER, f"cases/{SECRET}/acknowledge")
    await it.does(OFFICER, f"cases/{SECRET}/contact", result="reached", summary="已与当事人见面。")
    await it.does(OFFICER, f"cases/{SECRET}/copy", unit="tax", reason="涉税事项，请知悉。")


async def joined(it: World) -> None:
    """Merged into another; the other's party is not asked before that is handled."""
    await it.tell(TWIN, assigned(FORMER))
    await it.does(REVIEWER, f"cases/{TWIN}/merge", head=LAMP, reason="同一处路灯")
    noted = lambda seen: TWIN in seen["merged"]  # noqa: E731
    await it.desk.shows(f"/v1/cases/{LAMP}", noted, **as_user(OFFICE))


async def listed(it: World) -> None:
    """A leader's list: what was found on it is confidential, so what was written of that goes onto the shelf."""
    entries = [{"what": "project", "title": title, "due": "2026-06-30"} for title in ("某学校", "某工地")]
    made = await it.does(OFFICE, "lists", kind="visit", title="走访清单", holder=LEADER, entries=entries)
    held = made["id"]
    await it.does(LEADER, f"lists/{held}/mark", entry=1, result="visited", text="校方称有学生受伤。")
    found_on = {"affair": held, "entry": 1}
    neutral = {"secrecy": "confidential", "title": "保密诉求", "text": None}
    await it.tell(FOUND, assigned("tax"), channel="visit", found_on=found_on, **neutral)
    withheld = lambda seen: seen["entries"][0]["text"] == "[withheld]"  # noqa: E731
    await it.desk.shows(f"/v1/lists/{held}", withheld, **as_user(OFFICE))
    await it.does(LEADER, f"lists/{held}/mark", entry=2, result="refused", text="改期。")


async def corrected(it: World) -> None:
    """Twice the party is reached otherwise than was thought."""
    await it.does(OFFICER, f"cases/{LAMP}/correct_contact", phone="13700000000", because="wrong_number")
    await it.does(CALLER, f"cases/{LAMP}/correct_contact", email="li@mail.example", because="party_said")


async def spoken(it: World) -> None:
    """A party says on the line that there is danger, of what is handled; another, what few may read."""
    await it.tell(LOUD, assigned(FORMER))
    await it.does(OFFICER, f"cases/{LOUD}/acknowledge")
    await it.does(OFFICER, f"cases/{LOUD}/contact", result="reached")
    await it.does(OFFICER, f"cases/{LOUD}/handle", outcome="solved", reply="已派人到现场修复，今晚恢复正常。")
    await it.does(OPERATOR, f"cases/{LOUD}/remind", text="灯杆漏电，有人触电了！")
    await it.tell(HUSHED, assigned(FORMER))
    await it.does(OPERATOR, f"cases/{HUSHED}/remind", text="是对面店主弄坏的，请替我保密。")


async def carried(it: World) -> None:
    """An agent carries an errand."""
    filer = {"kind": "agent", "id": AGENT, "unit": "fotang-window"}
    await it.tell(ERRAND, assigned("tax"), channel="window", filer=filer, category="business-registration")
    await it.does(AGENT, f"cases/{ERRAND}/plan_errand")
    await it.does(AGENT, f"cases/{ERRAND}/step_errand", step=1)


async def succeeded(it: World) -> None:
    """The unit ends at midnight, and another goes on with its work; so do a category and a post."""
    it.place.jump(f"{LAST_DAY} 00:01")
    of_heir = lambda seen: seen["category"] == categories.HEIR  # noqa: E731
    await it.desk.shows(f"/v1/cases/{LAMP}", of_heir, **as_user(OFFICE))
    of_deputy = lambda seen: seen["errand"]["agent"] == DEPUTY  # noqa: E731
    await it.desk.shows(f"/v1/cases/{ERRAND}", of_deputy, **as_user(OFFICE))
    for issue in (LAMP, SECRET):
        await it.desk.shows(f"/v1/cases/{issue}", lambda seen: seen["unit"] == HEIR, **as_user(OFFICE))
    await it.does("building-officer", f"cases/{LAMP}/acknowledge")


async def lived(it: World) -> tuple[Any, ...]:
    for stretch in (followed, written_about, joined, listed, corrected, spoken, carried, succeeded):
        await stretch(it)
    await it.desk.quiet()
    return it.answers, await it.tale(), await it.kept(), await it.reached()


def reorganised(folder: Path) -> Path:
    """Copy the shipped pack into a folder; in it a unit, a category and a post end that day. Return its root."""
    root = categories.recast(renamed(folder))
    lasting(root, "staff.csv", **{AGENT.replace("-", "_"): ("", LAST_DAY, DEPUTY)})
    return root


@asynccontextmanager
async def opened(kafka: str, mongo: str, folder: Path, ends: Sequence[str] = ()) -> AsyncIterator[World]:
    place = Place(kafka, mongo, f"t{uuid.uuid4().hex[:10]}", folder)
    await create_topics(kafka, {name.replace("sanfu", place.prefix, 1): n for name, n in TOPICS.items()})
    place.jump("2026-05-07 17:00")
    tokens = orjson.dumps({user: token(user) for user in PEOPLE}).decode()
    environment = {**place.environment(reorganised(folder)), "SANFU_USER_TOKENS": tokens}
    broker = KafkaBroker(kafka, place.prefix)
    await broker.start()
    try:
        async with Mortal("desk", environment, folder / "log", iter(ends)) as desk:
            yield World(place, desk, broker)
    finally:
        await broker.stop()
        client = connect(mongo)
        await client.drop_database(f"{place.prefix}_desk")
        client.close()


@pytest.fixture(scope="module")
def calm(kafka: str, mongo: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """What a desk answered, told and kept to which nothing happened."""

    async def live() -> tuple[Any, ...]:
        async with opened(kafka, mongo, tmp_path_factory.mktemp("calm")) as it:
            return await lived(it)

    return asyncio.run(live())


def test_what_is_calm_is_what_was_asked_for(calm: tuple[Any, ...]) -> None:
    answers, told, kept, reached = calm
    assert len(answers) == 28
    assert told[names.AFFAIRS, ORDER, names.ORDER_RAISED] == 1
    of_lists = (names.LIST_OPENED, names.ENTRY_MARKED, names.FINDING_NOTED, names.AFFAIR_HUSHED, names.LIST_ENDED)
    assert [sum(n for (*_, type), n in told.items() if type == one) for one in of_lists] == [1, 2, 1, 1, 1]
    assert told[names.ISSUES, FOUND, names.ORIGIN_NOTED] == 1
    for issue in (LAMP, SECRET):
        assert told[names.ISSUES, issue, names.UNIT_SUCCEEDED] == 1
    assert told[names.ISSUES, LAMP, names.FOLLOW_UP_PLANNED] == 2
    assert [kept[one]["state"] for one in (LAMP, ORDER, TWIN)] == ["acknowledged", "lifted", "merged"]
    assert Counter(one for [one] in kept["shelf"].values()) == {SECRET: 2, FOUND: 1, HUSHED: 2}
    assert reached == {f"{LAMP}/desk": [{"phone": "13700000000"}, {"phone": "13700000000", "email": "li@mail.example"}]}
    of_words = [(LOUD, names.URGENCY_CHANGED), (LOUD, names.ISSUE_REOPENED), (HUSHED, names.SECRECY_CHANGED)]
    ends = [(LAMP, names.CATEGORY_SUCCEEDED), (ERRAND, names.POST_SUCCEEDED)]
    assert [told[names.ISSUES, *one] for one in (*of_words, *ends)] == [1] * 5
    assert (kept[LOUD]["urgency"], kept[LOUD]["round"], kept[HUSHED]["secrecy"]) == ("emergency", 2, "confidential")


async def test_a_desk_that_is_killed_at_one_crash_point_after_the_other_answers_tells_and_keeps_the_same(
    kafka: str, mongo: str, tmp_path: Path, calm: tuple[Any, ...]
) -> None:
    async with opened(kafka, mongo, tmp_path, IN_TURN) as it:
        assert await lived(it) == calm
        assert it.desk.deaths == len(IN_TURN)


@pytest.mark.full
@pytest.mark.parametrize("point", POINTS)
async def test_a_desk_that_is_killed_at_the_same_crash_point_again_and_again_answers_tells_and_keeps_the_same(
    kafka: str, mongo: str, tmp_path: Path, calm: tuple[Any, ...], point: str
) -> None:
    async with opened(kafka, mongo, tmp_path, again_and_again(point)) as it:
        assert await lived(it) == calm
        assert it.desk.deaths > 1
