"""The hooks of units in the file of providers: what is wrong is named, with what would be right and no secret."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from sanfu.notify.adapters.memory import memory_stores
from sanfu.notify.adapters.plan import planned, planned_hooks
from sanfu.notify.hooked import hooked
from tests.support.telling import START
from tests.unit.notify.test_hooks_api import parts, told

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
HOOK = {"url": "https://tax.city.example/in", "secrets": [SECRET]}
REST = "write https://host/path"


def one(**more: Any) -> str:
    return json.dumps({"units": {"tax": {**HOOK, **more}}})


@pytest.mark.parametrize(
    ("more", "named", "right"),
    [
        ({"url": "ftp://s3cret/"}, "units.tax.url", "https?://"),
        ({"url": " https://s3cret/"}, "units.tax.url", "https?://"),
        ({"url": "https://"}, "units.tax.url", REST),
        ({"url": "https://s3cret host/"}, "units.tax.url", REST),
        ({"url": "https://s3cret/a\nb"}, "units.tax.url", REST),
        ({"url": "https://s3cret:0/"}, "units.tax.url", "port from 1 to 65535"),
        ({"url": "https://s3cret:65536/"}, "units.tax.url", "port from 1 to 65535"),
        ({"url": "https://user:s3cret@tax.example/"}, "units.tax.url", "leave out user, password and #"),
        ({"url": "https://tax.example/#s3cret"}, "units.tax.url", "leave out user, password and #"),
        ({"url": "http://tax.example/s3cret"}, "units.tax: url", "write https; http only into private networks"),
        ({"url": "https://10.20.3.4/s3cret"}, "units.tax: url", "under `networks`"),
        ({"url": "https://[::1]/s3cret"}, "units.tax: url", "under `networks`"),
        ({"url": "http://169.254.169.254/", "networks": ["10.0.0.0/8"]}, "units.tax: url", "nothing is posted to"),
        ({"url": "http://93.184.216.34/", "networks": ["10.0.0.0/8"]}, "units.tax: url", "write https"),
        ({"secrets": []}, "units.tax.secrets", "at least 1"),
        ({"secrets": [SECRET] * 4}, "units.tax.secrets", "at most 3"),
        ({"secrets": ["s3cret"]}, "units.tax.secrets", "whsec_ and 16 to 64 bytes in base64"),
        ({"secrets": ["whsec_czNjcmV0"]}, "units.tax.secrets", "whsec_ and 16 to 64 bytes in base64"),
        ({"secrets": SECRET}, "units.tax.secrets", "array"),
        ({"networks": ["10.20.0.1/16"]}, "units.tax.networks", "10.20.0.0/16"),
        ({"networks": ["0.0.0.0/0"]}, "units.tax.networks", "wider than /8"),
        ({"networks": ["169.254.0.0/16"]}, "units.tax.networks", "link-local"),
        ({"secret": "s3cret"}, "units.tax.secret", "not permitted"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_hook_is_named_with_what_would_be_right(
    more: dict[str, Any], named: str, right: str
) -> None:
    with pytest.raises(ValueError, match=r"^units\.") as caught:
        planned_hooks(one(**more))
    said = str(caught.value)
    assert said.startswith(named)
    assert right in said
    assert "s3cret" not in said
    assert "MDEyMz" not in said


@pytest.mark.parametrize(
    ("units", "named"),
    [
        ({"税务局": HOOK}, "units.税务局"), ({"Tax Office": HOOK}, "units.Tax Office"), ({"../t": HOOK}, "units.../t"),
        ({"": HOOK}, "units."), ([], "units: "), ({"tax": None}, "units.tax: "), ({"tax": {}}, "units.tax.url"),
    ],
)  # fmt: skip
def test_a_hook_is_a_units_by_its_code(units: Any, named: str) -> None:
    with pytest.raises(ValueError, match=r"^units") as caught:
        planned_hooks(json.dumps({"units": units}))
    assert str(caught.value).startswith(named)


def test_a_hook_lies_at_a_name_a_public_address_or_in_a_network_that_is_named() -> None:
    for more in (
        {"url": "https://税务.example:8443/接收?x=1"},
        {"url": "https://93.184.216.34/"},
        {"url": "https://10.20.3.4/", "networks": ["10.20.0.0/16"]},
        {"url": "http://[fd12::4]:8080/", "networks": ["fd12::/32"]},
        {"url": "http://tax.intra/", "networks": ["10.20.0.0/16", "192.168.0.0/16"]},
    ):
        assert [*planned_hooks(one(**more))] == ["tax"]


async def test_one_wrong_hook_is_set_aside_and_said_and_the_others_work() -> None:
    made, file = (
        parts(),
        json.dumps({"units": {"tax": HOOK, "water": {**HOOK, "url": "https://s3cret/#x"}, "税": HOOK}}),
    )
    with capture_logs() as logs:
        hooks = hooked(told(file), made, memory_stores({}), lambda: START)
    assert [*hooks.posts] == ["tax"]
    assert hooks.measures.units == ["tax"], "the topic of who was set aside is not read"
    assert made.registry.get_sample_value("sanfu_notify_hooks_wrong") == 2
    said = {one["unit"]: one["why"] for one in logs if one["event"] == "hook_set_aside"}
    assert said["water"] == "units.water.url: leave out user, password and #: who posts is told by the signature"
    assert said["税"].startswith("units.税")
    for post in hooks.posts.values():
        await post.endpoint.close()


def test_of_several_wrong_hooks_a_check_names_each() -> None:
    file = json.dumps({"units": {"tax": {**HOOK, "secrets": []}, "water": {**HOOK, "url": "https://"}, "gas": HOOK}})
    with pytest.raises(ValueError, match=r"^units\.tax\.secrets: .*; units\.water\.url: ") as caught:
        planned_hooks(file)
    assert "gas" not in str(caught.value)


def test_providers_are_read_though_a_hook_is_wrong_and_are_refused_by_themselves() -> None:
    mail = {"kind": "smtp", "host": "mail.example", "from": "a@city.example"}
    assert planned(json.dumps({"email": [mail], "units": {"tax": {}}}), 10)["email"]
    for wrong in ({"email": [{"kind": "smtp"}], "units": {}}, {"fax": [], "units": {"tax": HOOK}}):
        for reading in (planned_hooks, lambda text: planned(text, 10)):
            with pytest.raises(ValueError, match=r"^(email|fax)"):
                reading(json.dumps(wrong))


def test_a_service_with_a_file_that_is_none_does_not_start_and_says_in_which_setting_it_stands() -> None:
    with pytest.raises(SystemExit, match=r"^SANFU_PROVIDERS: the file: Invalid JSON"):
        hooked(told("{"), parts(), None, None)  # type: ignore[arg-type]
