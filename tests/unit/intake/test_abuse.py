"""Words of abuse: officers see stars, the original rests with the contact; no ordinary sentence loses a character."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.packs import SHIPPED
from tests.unit.intake.test_adding import add, added, receipt
from tests.unit.intake.world import HOTLINE, World, opened, pack, report

ORDINARY = (
    "他妈的房子漏水，我妈的医保卡也丢了。",
    "孩子生日你妈妈来过，桌上有饼干你娘爱吃。",
    "学校做体操你妈在场边，广播操你妈也看了，《三国》里的曹操你妈认得。",
    "是被你妈逼的，孩子脑残疾，贫贱人家，废物回收站的混合蛋白饲料、杂种优势、畜生棚。",
    "Scunthorpe road: shipping of fuckable-free goods? No. The bitches' kennel is at Bullshitake street.",
    "垃圾没人清，滚滚浓烟，傻眼了，操场边的狗日夜叫，八王蛋糕店占道。",
)


async def sent(world: World, **said: Any) -> tuple[dict[str, Any], Any]:
    """Send a report; return what the story is told, and the original as it rests, if it does."""
    answer = await world.post(report(external_id="1", party={"phone": "13800000001"}, **said), HOTLINE)
    assert answer.status_code == 201, answer.text
    [told] = await world.told()
    record = (await world.contacts())[-1][1]
    assert record is not None
    return told, opened(record, "original") if record.original else None


async def test_words_of_abuse_are_masked_before_anything_is_told_and_rest_with_the_contact(world: World) -> None:
    said = {
        "title": "王八蛋物业",
        "text": "路灯三天没修，傻逼物业，FUCK you！",
        "answers": {"recording": "狗日的天气", "calls": 3},
    }
    told, original = await sent(world, **said)
    assert (told["title"], told["text"]) == ("***物业", "路灯三天没修，**物业，**** you！")
    assert told["answers"] == {"recording": "***天气", "calls": 3}
    assert {name: original[name] for name in said} == said
    everything = f"{await world.told()} {world.documents.documents} {world.documents.others}"
    assert not any(word in everything for word in ("傻逼", "王八蛋", "FUCK", "狗日的"))


@pytest.mark.parametrize("text", ORDINARY)
async def test_no_ordinary_sentence_loses_a_character(world: World, text: str) -> None:
    told, original = await sent(world, text=text)
    assert (told["text"], original) == (text, None)


async def test_what_is_added_is_masked_too(world: World) -> None:
    _, number = await receipt(world)
    await add(world, number, "还没人来，你们这些王八蛋！")
    [told] = await added(world)
    assert told["text"] == "还没人来，你们这些***！"
    record = (await world.contacts())[-1][1]
    assert record is not None
    assert opened(record, "original")["added"] == [{"number": 1, "text": "还没人来，你们这些王八蛋！"}]


def test_in_the_packs_made_up_reports_nothing_is_masked() -> None:
    lines = Path(SHIPPED, "reports.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [str(value) for line in lines for value in json.loads(line).values()]
    assert len(texts) > 100
    assert [text for text in texts if pack().abuse.masked(text) is not text] == []
