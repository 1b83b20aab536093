"""Public clients of Open311, as they come from PyPI, find in a served city what the standard promised them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import civicbot.http
import pytest
import requests
from civicbot.open311 import Open311Client, ValidationError
from civicbot.registry import Endpoint
from georeport import GeoReport

from sanfu.contracts.envelope import moment
from tests.contract.test_openapi import Standing, background, close, serve
from tests.support.assembling import channel_key
from tests.support.city import in_memory

JURISDICTION = "yiwu.example"
FIELDS = {
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode",
    "lat", "long", "media_url",
}  # fmt: skip
"""Of a request, by the standard."""


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with background() as loop:
        served = asyncio.run_coroutine_threadsafe(serve(city := in_memory()), loop).result(60)
        standing: Standing = served[0]
        yield f"{standing.urls['intake']}/open311/v2"
        asyncio.run_coroutine_threadsafe(close(city, served[1]), loop).result(60)


def bot(root: str, *, jurisdiction: str | None = JURISDICTION, geo_scoped: bool = False) -> Open311Client:
    """Make a client of civicbot's, which would else wait half a second between two questions to be polite."""
    endpoint = Endpoint("yiwu", "Yiwu", root, write=True, geo_scoped=geo_scoped)
    transport = civicbot.http.HttpTransport(rate_limiter=civicbot.http.RateLimiter(0, {}))
    return Open311Client(endpoint, transport, jurisdiction_id=jurisdiction)


def reported(client: Open311Client, **more: Any) -> str:
    """Report by civicbot, checked by what the city itself says of its services, and return the id."""
    said: dict[str, Any] = {
        "lat": 29.3068, "lng": 120.0750, "description": "Lamp is out\nsince Monday", "first_name": "Ann",
        "last_name": "Li", "email": "ann@mail.example", "attributes": {"app": "civicbot"},
    }  # fmt: skip
    prepared = client.create_request(
        "road-lamp", dry_run=False, confirm="SEND", api_key=channel_key("open311"), validate_remote=True, **said | more
    )
    [answer] = prepared.response
    return str(answer["service_request_id"])


@pytest.mark.parametrize("format", ["json", "xml"])
def test_georeport_reads_services_definitions_and_requests_in_both_formats(root: str, format: str) -> None:
    client = GeoReport(root, jurisdiction=JURISDICTION, output_format=format)
    first, second = (reported(bot(root), description=f"{format} {number}") for number in "ab")
    services = client.get_service_list()
    assert {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"} == set(services[0])
    definition = client.get_service_definition(services[0]["service_code"])
    assert definition["service_code"] == services[0]["service_code"]
    attributes = definition["attributes"] if format == "json" else definition["attributes"]["attribute"]
    assert "app" in str(attributes)
    one = client.get_service_request(first)
    assert (one["service_request_id"], one["status"], set(one)) == (first, "open", FIELDS)
    assert float(one["lat"]) == 29.3068
    assert moment(one["requested_datetime"]) <= moment(one["updated_datetime"])
    listed = client.get_service_requests(service_code="road-lamp,noise", status="open")
    assert {first, second} <= {each["service_request_id"] for each in listed}
    both = client.get_service_requests(service_request_id=f"{first},{second}")
    assert [each["service_request_id"] for each in both] == [first, second]


def test_georeport_is_told_what_is_not_there_or_wrong(root: str) -> None:
    client = GeoReport(root, jurisdiction="oslo.example")
    with pytest.raises(requests.HTTPError, match="404"):
        client.get_service_list()
    client = GeoReport(root)
    with pytest.raises(requests.HTTPError, match="400"):
        client.get_service_requests(start_date="2020-01-01T00:00:00Z", end_date="2021-01-01T00:00:00Z")
    with pytest.raises(requests.HTTPError, match="404"):
        client.get_service_request("none")


def test_civicbot_reports_what_it_checked_and_follows_it(root: str) -> None:
    client = bot(root)
    id = reported(client, description="First floor, dark", media_url="https://pictures.example/1.jpg")
    assert reported(client, description="First floor, dark", media_url="https://pictures.example/1.jpg") == id
    shown = client.get_request(id)
    assert shown is not None and (shown["status"], set(shown)) == ("open", FIELDS)
    assert [one["service_request_id"] for one in client.list_requests(service_request_ids=[id, "none"])] == [id]
    assert id in [one["service_request_id"] for one in client.list_requests(status="open", page_size=1000)]
    assert len(client.list_requests(page_size=1)) == 1
    assert client.get_token(id) == [{"service_request_id": id, "token": id}]


def test_civicbot_that_asks_by_place_is_offered_something_in_the_city_only(root: str) -> None:
    client = bot(root, jurisdiction=None, geo_scoped=True)
    assert client.list_services(lat=60.0, lng=11.0) == []
    offered = client.list_services(lat=29.3068, lng=120.0750)
    assert client.get_service_definition(offered[0]["service_code"], 29.3068, 120.0750)["attributes"]
    with pytest.raises(ValidationError, match="not offered"):
        client.create_request("road-lamp", lat=60.0, lng=11.0, validate_remote=True)


def test_civicbot_finds_by_itself_what_the_city_would_refuse(root: str) -> None:
    client = bot(root, jurisdiction=None)
    with pytest.raises(ValidationError, match="not offered"):
        client.create_request("integrity", lat=29.3, lng=120.0, validate_remote=True)
    with pytest.raises(civicbot.http.HttpError) as refused:
        client.create_request(
            "road-lamp", dry_run=False, confirm="SEND", api_key="x" * 40, lat=29.3, lng=120.0, description="x"
        )
    assert refused.value.status == 403
    assert "api_key" in refused.value.body
