"""The file of providers: read whole, or refused with the place that is wrong, and no value."""

import json
from typing import Any

import pytest

from sanfu.notify.adapters.plan import planned
from sanfu.notify.adapters.sms import GatewaySms
from sanfu.notify.adapters.smtp import SmtpMail
from sanfu.notify.domain.pace import Rate

GATEWAY = {"kind": "gateway", "url": "https://gateway.example/send", "headers": {"x-key": "s3cret"}}
SMTP = {"kind": "smtp", "host": "mail.example", "from": "sanfu@city.example", "password": "s3cret"}


async def test_each_medium_has_its_providers_in_the_order_of_the_file() -> None:
    second = {**GATEWAY, "name": "second", "rates": ["100/s", "50000/d"], "each": ["1/min"]}
    found = planned(json.dumps({"sms": [GATEWAY, second], "email": [SMTP]}), 10)
    assert [one.name for one in found["sms"]] == ["gateway", "second"]
    assert (found["sms"][1].rates, found["sms"][1].each) == ((Rate(100, 1), Rate(50000, 86400)), (Rate(1, 60),))
    assert isinstance(found["sms"][0].sender, GatewaySms)
    assert isinstance(found["email"][0].sender, SmtpMail)
    assert "s3cret" not in repr(found)
    for one in (*found["sms"], *found["email"]):
        await one.sender.close()


def test_robots_and_endpoints_stand_each_by_itself_and_who_has_none_shares_the_others() -> None:
    there = {"url": "https://x.example/in", "secrets": ["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"]}
    robot = {"url": "https://x.example/robot"}
    plan = {
        "webhook": [{"kind": "webhook", "endpoints": {"tax": there, "*": there}}],
        "wecom": [{"kind": "wecom", "robots": {"tax": robot, "*": robot}}], "sms": [GATEWAY],
    }  # fmt: skip
    found = planned(json.dumps(plan), 10)
    for medium in ("webhook", "wecom"):
        assert found[medium][0].places == ("tax", "*")
        assert [found[medium][0].place(to) for to in ("tax", "water")] == ["tax", "*"]
    assert (found["sms"][0].places, found["sms"][0].place("139")) == ((), "139")


@pytest.mark.parametrize(
    ("plan", "named"),
    [
        ({"sms": [{**GATEWAY, "kind": "pigeon"}]}, "sms.0"),
        ({"sms": [{**GATEWAY, "rates": ["fast"]}]}, "sms.0.gateway.rates"),
        ({"sms": [{**GATEWAY, "url": "s3cret"}]}, "sms.0.gateway.url"),
        ({"sms": [{**GATEWAY, "password": "s3cret"}]}, "sms.0.gateway.password"),
        ({"email": [{**SMTP, "port": "s3cret"}]}, "email.0.port"),
        ({"fax": []}, "fax"),
        ({"sms": [GATEWAY, GATEWAY]}, "two are called 'gateway'"),
        ([], "object"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_is_shown(plan: Any, named: str) -> None:
    with pytest.raises(ValueError, match=named) as caught:
        planned(json.dumps(plan), 10)
    assert "s3cret" not in str(caught.value)
