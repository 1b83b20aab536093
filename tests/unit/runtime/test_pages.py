"""Forms of pages: read as they were sent, refused from other sites, whatever a header or a body holds."""

from collections.abc import Mapping
from typing import Any

import pytest
from starlette.requests import Request

from sanfu.runtime.pages import form, guarded, same_site
from sanfu.runtime.rules import Refusal


def request(headers: Mapping[str, str], body: bytes = b"") -> Request:
    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive)


@pytest.mark.parametrize("origin", ["http://city.example", "https://city.example"])
def test_a_form_of_this_site_is_taken(origin: str) -> None:
    same_site(request({"Host": "city.example", "Origin": origin, "Sec-Fetch-Site": "same-origin"}))
    same_site(request({"Host": "city.example"}))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://other.example"}, {"Origin": "null"}, {"Origin": ""}, {"Origin": "http://[city"},
        {"Origin": "http://city.example.other"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    ],
)  # fmt: skip
def test_a_form_of_another_site_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        same_site(request({"Host": "city.example", **headers}))
    assert refused.value.status == 403


async def test_a_form_is_read_the_first_of_each_name_and_empty_fields_too() -> None:
    given = await form(request({}, "text=路灯&text=other&empty=&odd=%FF".encode()))
    assert given == {"text": "路灯", "empty": "", "odd": "\ufffd"}


async def test_a_form_of_too_many_fields_is_refused_and_is_no_fault_of_ours() -> None:
    assert len(await form(request({}, b"a=1&" * 9 + b"b=1"))) == 2
    with pytest.raises(Refusal) as refused:
        await form(request({}, b"a=1&" * 10 + b"b=1"))
    assert (refused.value.status, refused.value.more["errors"][0]["problem"]) == (422, "too_many")


def test_a_page_sends_its_forms_nowhere_else_but_where_it_says() -> None:
    assert guarded()["Content-Security-Policy"].endswith("form-action 'self'")
    assert guarded("http://intake.example")["Content-Security-Policy"].endswith("'self' http://intake.example")
