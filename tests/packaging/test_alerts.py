"""What the deployment watches: sound rules, on metrics that exist, with something to do for whoever is called."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from sanfu.desk.metrics import ReplyMetrics
from sanfu.notify.metrics import HookMetrics, NotifyMetrics
from sanfu.runtime.http import Watch, create_app
from sanfu.runtime.metrics import machine_metrics
from sanfu.stack import services
from sanfu.stack.places import checkout
from tests.packaging.installation import run

WATCHED = checkout() / "deploy" / "observability"
RULES = [rule for group in yaml.safe_load((WATCHED / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
FIRED = {
    name
    for test in yaml.safe_load((WATCHED / "alerts_test.yml").read_text())["tests"]
    for each in test["promql_expr_test"]
    for name in re.findall(r'alertname="(\w+)", alertstate="firing"', each["expr"])
    if each["exp_samples"]
}
"""Alerts that a test of the rules expects to go off."""
GIVEN_BY_THE_SCRAPE = {"service", "job", "instance"}


@pytest.fixture(scope="module")
def shown() -> dict[str, set[str]]:
    """Give the labels of every series that a service exposes, by the series' name."""
    registry = CollectorRegistry()
    machine_metrics(registry)
    NotifyMetrics.on(registry)
    HookMetrics.on(registry)
    ReplyMetrics.on(registry)
    app = create_app("any", Watch(registry, lambda: (True, {}), _nothing))
    app.build_middleware_stack()  # it is where the HTTP metrics are declared
    return {
        name: set(labels) | GIVEN_BY_THE_SCRAPE
        for metric in list(registry._collector_to_names)
        for name in registry._collector_to_names[metric]
        for labels in [getattr(metric, "_labelnames", ())]
    } | {"up": GIVEN_BY_THE_SCRAPE}


async def _nothing() -> dict[str, Any]:
    return {}


def promtool(*arguments: str | Path) -> str:
    tool = shutil.which("promtool")
    assert tool, "promtool is missing: apt-get install prometheus (`./sanfu test` does it)"
    return run([tool, *arguments])


def test_prometheus_takes_the_configuration_and_the_rules() -> None:
    assert "is valid prometheus config" in promtool("check", "config", WATCHED / "prometheus.yml")
    assert f"{len(RULES)} rules found" in promtool("check", "rules", WATCHED / "alerts.yml")


def test_alerts_go_off_when_they_should_and_not_before() -> None:
    assert "SUCCESS" in promtool("test", "rules", WATCHED / "alerts_test.yml")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_about_metrics_and_labels_that_exist(rule: dict[str, Any], shown: dict[str, set[str]]) -> None:
    names = re.findall(r"\b(?:sanfu_\w+|up)\b", rule["expr"])
    assert names
    assert set(names) <= shown.keys()
    known = set.union(*(shown[name] for name in names))
    selected = re.findall(r"(\w+)(?:=|!=|=~|!~)\"", rule["expr"])
    grouped = [label for by in re.findall(r"by \((.*?)\)", rule["expr"]) for label in re.split(r",\s*", by)]
    told = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
    assert {*selected, *grouped, *told} <= known


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_leads_to_what_to_do_and_has_been_seen_to_go_off(rule: dict[str, Any]) -> None:
    page, anchor = rule["annotations"]["runbook"].split("#")
    sections = re.findall(r"^## (\w+)$", (checkout() / page).read_text(), re.M)
    assert rule["alert"] in sections
    assert anchor == rule["alert"].lower()
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["alert"] in FIRED


def test_every_service_is_scraped_under_its_own_name() -> None:
    [job] = yaml.safe_load((WATCHED / "prometheus.yml").read_text())["scrape_configs"]
    scraped = {each["labels"]["service"]: each["targets"] for each in job["static_configs"]}
    assert scraped == {name: [f"{name}:8000"] for name in services.SERVICES}
