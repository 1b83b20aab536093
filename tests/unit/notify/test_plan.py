"""The file of providers: read whole, or refused with the place that is wrong, and no value."""

import json
from typing import Any

import pytest

from sanfu.notify.adapters.plan import planned
from sanfu.notify.adapters.sms import GatewaySms
from sanfu.notify.adapters.smtp import SmtpMail
from sanfu.notify.domain.pace import Rate

GATEWAY = {"kind": "gateway", "url": "https://gateway.example/send", "headers": {"x-key": "s3cret"}}
THERE = {"url": "https://x.example/in", "secrets": ["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"]}
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


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"url": "http://tax.example/s3cret"}, "tax: url: write https; http only into private networks"),
        ({"url": "http://169.254.169.254/s3cret", "networks": ["10.0.0.0/8"]}, "tax: url: nothing is posted to"),
        ({"url": "https://100.100.100.200/s3cret"}, "tax: url: nothing is posted to"),
        ({"url": "https://10.20.3.4/s3cret"}, "tax: url: .*under `networks`"),
        ({"url": "https://user:s3cret@tax.example/"}, "tax.url: leave out user, password"),
        ({"url": "https://"}, "tax.url: write https://host/path"),
        ({"networks": ["0.0.0.0/0"]}, "tax.networks: must not be .*wider than /8"),
    ],
)
def test_an_endpoint_is_held_to_what_a_units_hook_is(more: Any, named: str) -> None:
    entry = {"kind": "webhook", "endpoints": {"tax": {**THERE, **more}}}
    with pytest.raises(ValueError, match=rf"^webhook\.0\.endpoints\.{named}") as caught:
        planned(json.dumps({"webhook": [entry]}), 10)
    assert "s3cret" not in str(caught.value)


def test_an_endpoint_in_a_network_that_is_named_needs_no_tls() -> None:
    there = {**THERE, "url": "http://10.20.3.4/in", "networks": ["10.20.0.0/16"]}
    assert planned(json.dumps({"webhook": [{"kind": "webhook", "endpoints": {"tax": there}}]}), 10)["webhook"]


def test_robots_and_endpoints_stand_each_by_itself_and_who_has_none_shares_the_others() -> None:
    robot = {"url": "https://x.example/robot"}
    plan = {
        "webhook": [{"kind": "webhook", "endpoints": {"tax": THERE, "*": THERE}}],
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
