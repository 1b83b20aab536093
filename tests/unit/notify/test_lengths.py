"""No SMS takes more segments than its template allows, whatever comes in."""

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import pytest

from sanfu.city import vocabulary
from sanfu.city.placeholders import longest
from sanfu.city.segments import fits
from sanfu.city.watching import BrokenPack, PackHolder
from sanfu.contracts import names, registry
from sanfu.contracts.events.affairs import MeetingKind
from sanfu.contracts.events.words import Grade
from sanfu.notify.domain import wording
from sanfu.notify.handlers.writing import measured_with
from tests.support.packs import A_DAY, SHIPPED, shipped
from tests.unit.notify.test_rules import FACTS, carrying, filled


def _values(type: str, field: str) -> list[str]:
    found: list[str] = registry.BY_TYPE[type].model.model_json_schema()["properties"][field]["enum"]
    return found


WORDS: dict[str, tuple[str, Sequence[str]]] = {
    "outcome": ("kind", [*_values(names.ISSUE_CLOSED, "kind"), *_values(names.ISSUE_HANDLED, "outcome")]),
    "step": ("to_role", vocabulary.ROLES),
    "grade": ("grade", get_args(Grade)),
    "meeting": ("meeting", get_args(MeetingKind)),
    "list": ("list", vocabulary.LIST_KINDS),
}
"""Placeholder → the field that it comes from, and every value the contracts allow there."""


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("name", WORDS)
def test_no_word_is_longer_than_the_one_that_messages_are_measured_with(locale: str, name: str) -> None:
    field, codes = WORDS[name]
    most = len(longest(locale, {})[name])
    facts = [{field: one, "outcome": one} if name == "outcome" else {field: one} for one in codes]
    assert [one for one in facts if len(filled(locale, f"{{{name}}}", **one)) > most] == []


def test_the_longest_span_that_messages_are_measured_with_is_of_years() -> None:
    late = 999 * 86400 + 23 * 3600
    for locale in ("zh", "en"):
        assert filled(locale, "{late_by}", late_by=late) == longest(locale, {})["late_by"]


def test_an_sms_that_outgrew_its_segments_says_what_its_neutral_text_says() -> None:
    template = next(t for t in shipped().templates if (t.id, t.locale) == ("assignment-unit-sms", "zh"))
    template = replace(template, approved={"aliyun": "SMS_1"}, approved_neutral={"aliyun": "SMS_2"})
    known = wording.compose(shipped(), template, carrying(template), FACTS)
    grown = wording.compose(shipped(), template, carrying(template), {**FACTS, "category": "of-another-pack" * 5})
    assert ("（保密）" in known.body, known.approved) == (False, {"aliyun": "SMS_1"})
    assert fits(grown.body, template.segments)
    assert ("（保密）" in grown.body, grown.approved) == (True, {"aliyun": "SMS_2"})


def test_a_mail_is_as_long_as_it_is() -> None:
    template = next(t for t in shipped().templates if (t.id, t.locale) == ("closing-party-email", "zh"))
    reply = "路灯已修好。" * 300
    assert reply in wording.compose(shipped(), template, carrying(template), {**FACTS, "reply": reply}).body


def test_notify_takes_no_pack_whose_links_were_measured_with_a_shorter_address() -> None:
    long = "https://three-services.yiwu.example"
    with pytest.raises(BrokenPack, match="35 characters, not 32; write public_url_length: 35"):
        PackHolder(SHIPPED, today=lambda: A_DAY, further=[measured_with(long)])
    for address in (None, "https://sanfu.example", f"{long[:32]}/"):
        assert PackHolder(SHIPPED, today=lambda: A_DAY, further=[measured_with(address)]).problems == ()
