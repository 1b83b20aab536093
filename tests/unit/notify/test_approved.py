"""What belongs into a text that a provider approved."""

from dataclasses import replace

import pytest

from sanfu.city.watching import PackHolder
from sanfu.notify.domain.approved import variables
from sanfu.notify.domain.wording import compose
from tests.support.packs import SHIPPED
from tests.unit.notify.test_delivery import queued

VALUES = {"city": "义乌", "number": "SF1", "due": "5月9日", "category": "路灯", "link": "x"}


def test_variables_come_in_the_order_of_the_text_each_once_and_the_signature_is_the_providers() -> None:
    body = "【{city}三服务】红灯：{number}（{category}）已于{due}超期，{number}请立即办理。"
    assert [*variables(body, VALUES).items()] == [("number", "SF1"), ("category", "路灯"), ("due", "5月9日")]


def test_a_city_that_stands_in_the_text_itself_is_a_variable() -> None:
    assert variables("{city} Three Services: {number}", VALUES) == {"city": "义乌", "number": "SF1"}


def test_a_text_without_any_has_none() -> None:
    assert variables("【三服务】您好", VALUES) == {}


@pytest.mark.parametrize(
    ("secrecy", "code", "names"),
    [("open", "SMS_1", ["number", "category", "due"]), ("confidential", "SMS_2", ["number", "due"])],
)
def test_a_message_carries_the_code_of_the_body_that_it_has(secrecy: str, code: str, names: list[str]) -> None:
    pack = PackHolder(SHIPPED).current
    shipped = next(one for one in pack.templates if one.id == "yellow-officer-sms" and one.locale.startswith("zh"))
    template = replace(shipped, approved={"aliyun": "SMS_1"}, approved_neutral={"aliyun": "SMS_2"})
    facts = {"receipt": "SF1", "secrecy": secrecy, "category": "road-lamp"}
    delivery = queued(facts={"limit": "2026-05-09T09:30:00.000Z", "clock": "unit_handling"})
    text = compose(pack, template, delivery, facts)
    assert (text.approved, [*text.variables]) == ({"aliyun": code}, names)
    assert all(value in text.body for value in text.variables.values())
    assert compose(pack, shipped, delivery, facts).variables == {}
