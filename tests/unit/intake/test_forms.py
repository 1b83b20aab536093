"""What each channel asks: served as JSON Schema, answered field by field, and nobody speaks in another's name."""

from typing import Any

import httpx
import jsonschema
import pytest

from sanfu.contracts import credit
from tests.unit.intake.world import OPS, World, pack, report, running

OURS, THEIRS = "91330782MA2E4XX01W", "91330782MA2E4XX020"
FILER = {"id": "tax-officer", "unit": "tax"}
SUPERIOR = {"external_id": "ZJ-1", "limit_asked": "2026-04-01T00:00:00Z", "answers": {"superior": "省政府办公厅"}}


@pytest.fixture
async def sent() -> Any:
    """Send a report in any channel's name, with a key that was given out for it."""
    async with running() as world:

        async def send(channel: str, account: str | None = None, **more: Any) -> httpx.Response:
            whose = {"party_code": account}
            given = await world.client.post(f"/v1/channels/{channel}/keys", json=whose, headers=OPS)
            assert given.status_code == 201, given.text
            body = {"external_id": "1", **report(**{"audience": None, "category": "road-lamp", **more})}
            return await world.post(body, {"X-Api-Key": given.json()["key"]})

        yield send


def wrong(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [each["field"] for each in answer.json()["errors"]]


@pytest.mark.parametrize("channel", sorted(pack().channels))
async def test_every_channel_serves_a_form_whose_schema_takes_its_own_examples(world: World, channel: str) -> None:
    for lang in ("zh", "en"):
        form = (await world.client.get(f"/v1/channels/{channel}/form?lang={lang}")).json()
        jsonschema.Draft202012Validator.check_schema(form["answers"])
        jsonschema.validate(pack().forms[channel].examples(), form["answers"])
        titles = [each["title"] for each in form["answers"]["properties"].values()]
        assert titles == [each.title[lang] for each in pack().forms[channel].questions.values()]


async def test_a_form_names_the_columns_of_its_lists_and_a_channel_that_is_not_there_has_none(world: World) -> None:
    columns = (await world.client.get("/v1/channels/superior/form")).json()["columns"]
    assert (columns["上级时限"], columns["诉求内容"], columns["交办机关"]) == (
        "limit_asked",
        "text",
        "answers.superior",
    )
    assert (await world.client.get("/v1/channels/pigeon/form")).status_code == 404


@pytest.mark.parametrize(
    ("channel", "answers", "fields"),
    [
        ("hotline", {"calls": -1}, ["$.answers.calls"]),
        ("hotline", {"calls": True}, ["$.answers.calls"]),
        ("hotline", {"call_kind": "shouting"}, ["$.answers.call_kind"]),
        ("hotline", {"recording": "长" * 81}, ["$.answers.recording"]),
        ("hotline", {"colour": "red"}, ["$.answers.colour"]),
        ("visit", {}, ["$.answers.visited"]),
        ("visit", {"visited": "village", "visited_on": "6 May"}, ["$.answers.visited_on"]),
        ("petition", {"form": "letter", "first": "yes"}, ["$.answers.first"]),
        ("window", {"errand": "sign"}, ["$.answers.signature_of"]),
        ("window", {"errand": "consult", "signature_of": "税务局"}, ["$.answers.signature_of"]),
        ("media", {"medium": "商城早报", "kind": "tip", "published_on": "2026-03-01"}, ["$.answers.published_on"]),
    ],
)
async def test_an_answer_that_does_not_fit_is_named_and_so_it_is_by_the_schema(
    sent: Any, channel: str, answers: dict[str, Any], fields: list[str]
) -> None:
    assert wrong(await sent(channel, answers=answers)) == fields
    schema = pack().forms[channel].schema("zh")
    assert not jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).is_valid(answers)


@pytest.mark.parametrize(
    ("channel", "more", "fields"),
    [
        ("superior", {"answers": {"superior": "省政府办公厅"}}, ["$.limit_asked"]),
        ("experience", {"party": None, "answers": {"theme": "c01-t04"}}, ["$.filer"]),
        ("enterprise_seat", {"audience": "enterprise"}, ["$.unit"]),
        ("whistle", {"party_kind": "village", "place": {}, "audience": "grassroots"}, ["$.place.town"]),
        ("whistle", {"unit": "chengxi-construction", "audience": "grassroots"}, ["$.unit"]),
    ],
)
async def test_a_channel_insists_on_what_it_can_not_do_without(
    sent: Any, channel: str, more: dict[str, Any], fields: list[str]
) -> None:
    answer = await sent(channel, **{"audience": "resident", **more})
    assert wrong(answer) == fields


async def test_what_fits_is_told_with_its_answers(world: World, sent: Any) -> None:
    assert (await sent("superior", **SUPERIOR)).status_code == 201
    own = {"theme": "other", "theme_group": "c01", "theme_text": "夜间急诊缴费"}
    assert (await sent("experience", party=None, filer=FILER, answers=own)).status_code == 201
    assert (await sent("whistle", unit="fotang-construction")).status_code == 201


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"limit_asked": "2026-04-01T00:00:00Z"}, ["$.limit_asked"]),
        ({"party_kind": "enterprise", "party_code": OURS}, ["$.party_code"]),
        ({"party_kind": "village", "party_code": "fotang-beilei"}, ["$.party_code"]),
        ({"flags": ["minor", "leader"]}, ["$.flags[1]"]),
        ({"filer": FILER}, ["$.filer"]),
        ({"answers": {"superior": "省政府"}}, ["$.answers.superior"]),
    ],
)
async def test_a_resident_can_not_speak_as_staff_nor_as_an_enterprise(
    world: World, more: dict[str, Any], fields: list[str]
) -> None:
    assert wrong(await world.post(report(**more))) == fields


async def test_an_enterprises_account_speaks_for_that_enterprise_alone(sent: Any) -> None:
    firm = {"unit": "tax", "audience": "enterprise"}
    taken = await sent("enterprise_seat", OURS, **firm)
    assert taken.status_code == 201, taken.text
    assert wrong(await sent("enterprise_seat", OURS, party_code=THEIRS, external_id="2", **firm)) == ["$.party_code"]
    assert wrong(await sent("enterprise_seat", OURS, party_kind="person", **firm)) == ["$.party_kind"]


async def test_the_story_has_the_accounts_credit_code(world: World) -> None:
    given = await world.client.post("/v1/channels/enterprise_seat/keys", json={"party_code": OURS}, headers=OPS)
    key = {"X-Api-Key": given.json()["key"]}
    assert (await world.post(report(audience="enterprise", unit="tax", external_id="1"), key)).status_code == 201
    (told,) = await world.told()
    assert (told["party_kind"], told["party_code"]) == ("enterprise", OURS)
    listed = (await world.client.get("/v1/channel-keys", headers=OPS)).json()["items"]
    assert OURS in [each["party_code"] for each in listed]


async def test_a_credit_code_is_checked_by_its_last_character(sent: Any, world: World) -> None:
    firm = {"unit": "tax", "audience": "enterprise", "party_kind": "enterprise"}
    assert wrong(await sent("enterprise_seat", party_code=OURS[:-1] + "A", **firm)) == ["$.party_code"]
    assert (await sent("enterprise_seat", party_code=OURS, **firm)).status_code == 201
    for bad in ("nobody", OURS[:-1] + "A"):
        answer = await world.client.post("/v1/channels/enterprise_seat/keys", json={"party_code": bad}, headers=OPS)
        assert wrong(answer) == ["$.party_code"]
    answer = await world.client.post("/v1/channels/hotline/keys", json={"party_code": OURS}, headers=OPS)
    assert wrong(answer) == ["$.party_code"], "this channel has no accounts of enterprises"
    assert credit.right(THEIRS)
