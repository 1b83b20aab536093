"""The demo as a user has it: it adds up, everything in it happened, and it gives nobody away."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.runtime.broker import Incoming
from sanfu.runtime.kafka import KafkaBroker
from sanfu.stack.demo.reports import body, chosen, party
from sanfu.stack.places import checkout
from sanfu.stack.plan import shipped_city
from sanfu.stack.programs import free_port
from sanfu.stack.stack import Stack

REPORTS = 100
WITHIN = 600
SERVERS = ("kafka", "mongo")
"""Programs whose logs are not ours."""


@dataclass(frozen=True)
class Show:
    """A demo that was played, and still runs."""

    root: Path
    base: int

    @property
    def stack(self) -> Stack:
        return Stack.known("demo", self.root)

    def play(self) -> dict[str, Any]:
        """Play it on a fresh stack; return its last line."""
        command = [str(checkout() / ".venv" / "bin" / "sanfu"), "demo", "--reports", str(REPORTS), "--json"]
        done = subprocess.run(
            [*command, "--port-base", str(self.base)], check=False, capture_output=True, text=True, timeout=WITHIN,
            env={**os.environ, "SANFU_ROOT": str(self.root)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


@pytest.fixture(scope="module")
def pack() -> Pack:
    found = load(shipped_city(checkout()), datetime.now(UTC).date()).pack
    assert found is not None
    return found


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    root = tmp_path_factory.mktemp("demo")
    (checkout() / ".sanfu" / "parts").mkdir(parents=True, exist_ok=True)
    (root / ".sanfu").mkdir()
    (root / ".sanfu" / "parts").symlink_to(checkout() / ".sanfu" / "parts")
    (root / "cities").symlink_to(checkout() / "cities")
    show = Show(root, 10_000 + free_port() % 150 * 100)
    yield show
    show.stack.down()


@pytest.fixture(scope="module")
def figures(show: Show) -> dict[str, Any]:
    return show.play()


def test_the_demo_adds_up(figures: dict[str, Any]) -> None:
    assert figures["adds_up"] is True
    assert figures["received"] == REPORTS
    closed = sum(figures["closed_in_time"].values()) + sum(figures["closed_late"].values())
    assert closed + figures["open"] == REPORTS
    assert figures["dead_letters"] == 0


def test_everything_that_may_happen_to_an_issue_happens_in_the_demo(figures: dict[str, Any]) -> None:
    parts = ("assigned", "closed_in_time", "closed_late", "open", "yellow", "red", "sms", "emails", "letters")
    assert [name for name in parts if not figures[name]] == []
    assert {"simple", "complex", "difficult"} <= figures["closed_in_time"].keys()
    assert len(figures["assigned"]) >= 10


def test_the_whole_loop_is_in_the_demo(figures: dict[str, Any]) -> None:
    assert [name for name, figure in figures["loop"].items() if not figure] == []
    assert figures["loop"]["orders_by_cause"].keys() >= {"red_light", "false_completion", "instruction"}


def test_the_demo_shows_its_deliveries_by_state_as_notify_counts_them(show: Show, figures: dict[str, Any]) -> None:
    stack = show.stack
    as_operator = {"Authorization": f"Bearer {stack.keys.ops_token}"}
    found = httpx.get(f"{stack.urls['notify']}/v1/deliveries/counts", headers=as_operator).json()
    by_state = Counter[str]()
    for one in found["items"]:
        by_state[one["state"]] += one["count"]
    assert found["more"] is False
    assert figures["deliveries"] == dict(by_state)
    assert by_state["sent"] >= figures["sms"] + figures["emails"] >= REPORTS
    assert by_state.keys() <= {"sent", "skipped", "held"}, "nobody of the demo's providers fails, and nothing is open"


async def test_a_department_of_the_demo_answers_by_topic_and_the_story_tells_what_followed(
    show: Show, figures: dict[str, Any], pack: Pack
) -> None:
    stack, units = show.stack, [code for code, unit in pack.units.items() if unit.has_topic]
    broker = KafkaBroker(stack.plan.bootstrap, stack.plan.prefix, send_within=10, fetch_wait_ms=100, session_ms=10_000)
    try:
        sent = {unit: await broker.read(names.replies_topic(unit)) for unit in units}
        told = await broker.read(names.ISSUES)
    finally:
        await broker.stop()
    replies = {
        f"command:{unit}:reply:{heads['ce_id']}": heads["ce_type"]
        for unit, records in sent.items() for heads in map(_heads, records)
    }  # fmt: skip
    followed = {cause for one in told if (cause := _heads(one).get("ce_causationid")) in replies}
    assert set(replies.values()) >= {f"sanfu.reply.{what}.v1" for what in ("acknowledge", "contact", "handle")}
    assert followed == replies.keys(), "from each reply something followed"
    ids = {cause.rpartition(":reply:")[2] for cause in replies}
    assert len(ids) == figures["loop"]["answered_by_topic"], "the demo counts ids: two units may use the same"


def _heads(record: Incoming) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


@pytest.mark.full
def test_the_demo_ends_in_the_same_figures_every_time(show: Show, figures: dict[str, Any]) -> None:
    assert show.play() == figures


# ── what it must not tell ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Secrets:
    """All by which the people of the reports could be known."""

    phones: frozenset[str]
    emails: frozenset[str]
    people: frozenset[str]
    id_numbers: frozenset[str]

    def found_in(self, text: str) -> set[str]:
        return {one for one in (*self.phones, *self.emails, *self.people, *self.id_numbers) if one in text}


@pytest.fixture(scope="module")
def secrets(pack: Pack) -> Secrets:
    reports = chosen(pack, REPORTS)
    told = [
        person for report in reports for person in (body(report, pack)[who] for who in ("party", "filer")) if person
    ]
    parties = [one for report in reports if (one := party(report, pack))]
    return Secrets(
        phones=frozenset(person["phone"] for person in told if "phone" in person),
        emails=frozenset(person["email"] for person in told if "email" in person),
        people=frozenset(person["name"] for person in told),
        id_numbers=frozenset(one.id_number for one in parties),
    )


async def story(stack: Stack, pack: Pack) -> str:
    """Return everything on the topics that services and units read, as text."""
    broker = KafkaBroker(stack.plan.bootstrap, stack.plan.prefix, send_within=10, fetch_wait_ms=100, session_ms=10_000)
    units = [names.unit_topic(code) for code, unit in pack.units.items() if unit.has_topic]
    try:
        records = [r for topic in (names.ISSUES, names.AFFAIRS, *units) for r in await broker.read(topic)]
    finally:
        await broker.stop()
    parts = [part for r in records for part in (r.value or b"", *(value for _, value in r.headers))]
    return "\n".join(part.decode() for part in parts)


async def test_the_story_and_the_units_topics_name_nobody(
    show: Show, figures: dict[str, Any], pack: Pack, secrets: Secrets
) -> None:
    told = await story(show.stack, pack)
    assert told.count(names.ISSUE_SUBMITTED) >= REPORTS
    assert secrets.found_in(told) == set()


def test_no_log_names_anybody(show: Show, figures: dict[str, Any], secrets: Secrets) -> None:
    logs = [path for path in show.stack.places.logs.glob("*.log") if path.stem not in SERVERS]
    assert {"intake", "router", "sla", "notify", "desk"} <= {path.stem for path in logs}
    assert {path.name: found for path in logs if (found := secrets.found_in(path.read_text()))} == {}


def test_no_metric_names_anybody(show: Show, figures: dict[str, Any], secrets: Secrets) -> None:
    services = [name for name in show.stack.urls if name != "sinks"]
    metrics = {name: httpx.get(f"{show.stack.urls[name]}/metrics").text for name in services}
    assert all("sanfu_" in text for text in metrics.values())
    assert {name: found for name, text in metrics.items() if (found := secrets.found_in(text))} == {}


def test_the_search_finds_people_where_they_may_stand(
    show: Show, figures: dict[str, Any], pack: Pack, secrets: Secrets
) -> None:
    """The messages went to their phones and mailboxes; names and ID numbers rest sealed, and the desk opens them."""
    stack = show.stack
    messages = [httpx.get(f"{stack.urls['sinks']}/{medium}?limit=10000").text for medium in ("sms", "mail")]
    found = secrets.found_in("\n".join(messages))
    assert found & secrets.phones
    assert found & secrets.emails
    opened = secrets.found_in("\n".join(_contacts(stack, pack)))
    assert opened & secrets.people
    assert opened & secrets.id_numbers


def _contacts(stack: Stack, pack: Pack) -> list[str]:
    """Open every closed case's contact, as the office may."""
    office = next(person.id for person in pack.staff.values() if "coordination_office" in person.roles)
    as_office = {"Authorization": f"Bearer {stack.keys.users[office]}"}
    with httpx.Client(base_url=stack.urls["desk"], headers=as_office, timeout=30) as desk:
        cases = desk.get("/v1/cases", params={"state": "closed", "limit": 200}).json()["items"]
        asked = {"purpose": "to see that what was said is kept"}
        return [desk.get(f"/v1/cases/{case['id']}/contact", params=asked).text for case in cases]


# ── beside it ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_line_puts_a_file_of_entries_on_a_list_once_and_tells_a_bad_row(
    show: Show, figures: dict[str, Any], pack: Pack, tmp_path: Path
) -> None:
    office = next(person.id for person in pack.staff.values() if "coordination_office" in person.roles)
    as_office = {"Authorization": f"Bearer {show.stack.keys.users[office]}"}
    [held, *_] = httpx.get(f"{show.stack.urls['desk']}/v1/lists?kind=visit", headers=as_office).json()["items"]
    file = tmp_path / "list.csv"

    def add(*rows: str) -> tuple[int, dict[str, Any]]:
        file.write_text("\n".join(("走访对象,对象类型,走访期限", *rows)))
        command = [str(checkout() / ".venv" / "bin" / "sanfu"), "lists", "add", str(file), "--list", held["id"]]
        done = subprocess.run(
            [*command, "--as", office, "--name", "demo", "--json"], check=False, capture_output=True, text=True,
            timeout=60, env={**os.environ, "SANFU_ROOT": str(show.root)},
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout)
        return done.returncode, found

    good, bad = "新增走访对象,项目,2030-05-08", "某处,宫殿,2030-05-08"
    code, refused = add(good, bad)
    assert (code, [(one["line"], one["column"]) for one in refused["bad"]]) == (1, [(3, "对象类型")])
    assert [(code, one["added"], one["repeated"]) for code, one in (add(good), add(good))] == [(0, 1, 0), (0, 0, 1)]
