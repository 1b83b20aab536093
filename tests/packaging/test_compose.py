"""The image's recipe and the compose file: sound by their own rules, and by what a deployment must not forget."""

import importlib
import inspect
import re
import stat
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI
from pydantic_settings import BaseSettings

from deploy import new_secrets
from sanfu.notify.carrying import providers
from sanfu.notify.settings import NotifySettings
from sanfu.runtime.settings import ServiceSettings
from sanfu.stack import services
from sanfu.stack.places import OFFSETS, checkout, first_port
from tests.packaging.installation import LIBRARIES, run
from tests.support.city import in_memory
from tests.support.packs import SHIPPED, shipped

DEPLOY = checkout() / "deploy"
BIN = Path(sys.executable).parent
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = {name: each for name, each in COMPOSE["services"].items() if each["image"].startswith("sanfu/")}


def settings_of(service: str) -> type[BaseSettings]:
    """Return the settings class of a service: the one that is declared in its own module."""
    module = importlib.import_module(f"sanfu.{service}.settings")
    [own] = [
        each for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, ServiceSettings) and each.__module__ == module.__name__
    ]  # fmt: skip
    return own


def test_the_dockerfile_passes_its_linter() -> None:
    assert run([BIN / "hadolint", DEPLOY / "Dockerfile"]) == ""


def test_the_compose_file_is_one() -> None:
    run([BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"])


def test_an_image_holds_one_service_and_the_libraries_that_are_tested_with_it() -> None:
    copied = set(re.findall(r"^COPY (libs/\S+|services/\S+)", (DEPLOY / "Dockerfile").read_text(), re.M))
    assert copied == {*LIBRARIES, "services/${SERVICE}"}


def test_an_image_runs_as_nobody_in_particular() -> None:
    last = (DEPLOY / "Dockerfile").read_text().split("\nFROM ")[-1]
    assert re.search(r"^USER 10001:10001$", last, re.M)
    assert not re.search(r"^(ENV|ARG).*(KEY|TOKEN|PASSWORD|SECRET)", last, re.M)


def test_every_service_is_composed() -> None:
    assert set(services.SERVICES) == OURS.keys() - {"topics"}
    assert all(OURS[name]["build"]["args"]["SERVICE"] == name for name in services.SERVICES)


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_can_do_no_more_than_it_must(name: str) -> None:
    container = OURS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in container["security_opt"]


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_container_has_bounds_and_is_reached_from_this_machine_only(name: str) -> None:
    container = COMPOSE["services"][name]
    assert {"cpus", "memory"} <= container["deploy"]["resources"]["limits"].keys()
    assert all(port.startswith("127.0.0.1:") for port in container.get("ports", []))
    assert "inside" in container["networks"]
    if container["restart"] == "unless-stopped":
        assert container["healthcheck"]["test"]
    if name in ("kafka", "mongo"):  # they have no accounts
        assert container["networks"] == ["inside"]


@pytest.mark.parametrize("name", services.SERVICES)
def test_a_service_starts_after_its_topics_and_its_database_on_the_port_that_the_stack_uses(name: str) -> None:
    container = OURS[name]
    assert {on: each["condition"] for on, each in container["depends_on"].items()} == {
        "topics": "service_completed_successfully", "mongo-init": "service_completed_successfully",
    }  # fmt: skip
    assert container["ports"] == [f"127.0.0.1:{first_port('main') + OFFSETS[name]}:8000"]


@pytest.mark.parametrize("name", services.present())
def test_a_service_is_told_only_what_it_knows_and_its_secrets_by_file(name: str) -> None:
    fields = settings_of(name).model_fields
    told = {key.removeprefix("SANFU_").lower(): str(value) for key, value in OURS[name]["environment"].items()}
    assert told.keys() <= fields.keys()
    files = {value for value in told.values() if value.startswith("/run/secrets/")}
    assert files == {f"/run/secrets/{secret}" for secret in OURS[name]["secrets"]}
    secret = {field for field, each in fields.items() if "SecretStr" in str(each.annotation)} - {"mongo"}
    assert not secret & told.keys()


def test_the_secrets_that_are_asked_for_are_those_that_are_made(tmp_path: Path) -> None:
    made = new_secrets.provide(tmp_path / "secrets", shipped())
    assert set(made) == COMPOSE["secrets"].keys()
    assert all(secret["file"] == f"${{SANFU_SECRETS:-./secrets}}/{name}" for name, secret in COMPOSE["secrets"].items())
    assert not {path for path in (tmp_path / "secrets").iterdir() if stat.S_IMODE(path.stat().st_mode) & 0o077}


def test_secrets_that_are_there_are_left_as_they_are(tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, DEPLOY / "new_secrets.py", tmp_path / "secrets", SHIPPED]
    run(command)
    before = {path: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}
    assert run(command) == "made: nothing\n"
    assert {path: path.read_bytes() for path in (tmp_path / "secrets").iterdir()} == before


def notify_told(monkeypatch: pytest.MonkeyPatch, file: Path, **more: str) -> NotifySettings:
    """Return notify's settings where its container has this file of providers."""
    assert OURS["notify"]["environment"]["SANFU_PROVIDERS_FILE"] == "/run/secrets/providers"
    for key, value in {"SANFU_PROVIDERS_FILE": str(file), **more}.items():
        monkeypatch.setenv(key, value)
    return NotifySettings()


def test_a_mail_says_where_further_ones_are_refused_also_where_nobody_named_a_place() -> None:
    [(_, published)] = [port.rsplit(":", 1)[::-1] for port in OURS["notify"]["ports"]]
    wanted = f"${{SANFU_MESSAGES_URL:-${{SANFU_PUBLIC_URL:-http://{published}}}}}"
    assert [OURS[name]["environment"]["SANFU_MESSAGES_URL"] for name in ("notify", "desk")] == [wanted, wanted]


def test_the_example_of_providers_is_one_and_shows_every_medium_that_has_any(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = providers(notify_told(monkeypatch, DEPLOY / "providers.example.json"))
    assert {medium: [one.name for one in each] for medium, each in planned.items()} == {
        "sms": ["aliyun", "tencent", "city"], "email": ["smtp"], "dingtalk": ["dingtalk"], "wecom": ["wecom"],
        "webhook": ["webhook"],
    }  # fmt: skip


def test_a_file_of_providers_as_it_is_made_leaves_the_other_settings_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_secrets.provide(tmp_path, shipped())
    settings = notify_told(monkeypatch, tmp_path / "providers", SANFU_SMS_URL="https://sms.example/send")
    assert settings.providers is None
    assert [len(providers(settings)[medium]) for medium in ("sms", "email")] == [1, 0]


async def test_what_the_readme_lets_through_to_everybody_is_there_and_is_nothing_that_operators_have() -> None:
    rows = re.findall(r"^\| everybody \| (\d+) (\w+) \| (.+) \|$", (DEPLOY / "README.md").read_text(), re.M)
    assert [name for _, name, _ in rows] == ["intake", "desk", "notify"]
    async with in_memory() as city:
        for port, name, said in rows:
            assert OURS[name]["ports"][0].split(":")[1] == port
            for path in re.findall(r"`(/[^`]+)`", said):
                assert await is_there(city.services[name].app, path), f"{name} has nothing at {path}"
                assert not any(hidden.startswith(path) for hidden in ("/ops", "/metrics", "/login"))


async def is_there(app: FastAPI, path: str) -> bool:
    """Tell whether a service has something at a path, or below it where it ends with a slash."""
    if any(one.startswith(path) for one in app.openapi()["paths"]):
        return True
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://public.example") as public:
        return "Nothing is at this path" not in (await public.get(f"{path}x" if path.endswith("/") else path)).text
