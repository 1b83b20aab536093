"""What the doctor finds, and what it advises."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sanfu.stack import doctor, system
from sanfu.stack.doctor import Finding
from sanfu.stack.plan import Plan
from sanfu.stack.programs import free_port, spawn, stop
from sanfu.stack.state import start_of, write_json
from tests.unit.stack.toys import program


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(root=tmp_path, base=free_port() - 92, city=tmp_path)


def ill(plan: Plan) -> dict[str, Finding]:
    return {finding.what: finding for finding in doctor.examine(plan) if not finding.well}


@pytest.fixture
def taken(plan: Plan) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", plan.places.port("kafka"))):
        yield plan.places.port("kafka")


def test_a_taken_port_is_named_with_the_program_that_has_it(plan: Plan, taken: int) -> None:
    finding = ill(plan)[f"port {taken} (kafka)"]
    assert f"(pid {os.getpid()})" in finding.cause
    assert "--port-base" in finding.cure


def test_a_stack_with_everything_elsewhere_needs_neither_java_nor_ports(tmp_path: Path) -> None:
    plan = Plan(root=tmp_path, city=tmp_path, only=("none",), kafka="127.0.0.1:1", mongo="mongodb://127.0.0.1:1")
    findings = {finding.what: finding for finding in doctor.examine(plan)}
    assert set(findings) == {"disk", "city pack", "leftovers", "Kafka elsewhere", "MongoDB elsewhere"}
    assert "SANFU_KAFKA" in findings["Kafka elsewhere"].cure
    assert "SANFU_MONGO" in findings["MongoDB elsewhere"].cure


def test_kafka_elsewhere_is_come_to_as_a_service_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANFU_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    plan = Plan(root=tmp_path, city=tmp_path, only=("none",), kafka="127.0.0.1:1")
    assert "set kafka_user and kafka_password" in ill(plan)["Kafka elsewhere"].cause


def test_a_machine_without_java_and_maven_is_told_what_to_install(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = ill(plan)
    assert found["Java"].cure == "apt-get install openjdk-17-jre-headless"
    assert found["Maven"].cure == "apt-get install maven"


def test_a_java_that_is_too_old_is_as_good_as_none(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert "Java 11 is too old" in ill(plan)["Java"].cause


def test_a_full_disk_is_seen_before_anything_is_fetched(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy = shutil.disk_usage(plan.root)._replace(free=300_000_000_000)
    kept = plan.root / ".sanfu"
    kept.mkdir(exist_ok=True)
    monkeypatch.setattr(shutil, "disk_usage", lambda at: roomy._replace(free=300_000_000) if at == kept else roomy)
    assert ill(plan)["disk"].cause == "0.3 GB are free, 2 GB are needed"


def test_programs_without_their_supervisor_are_found(plan: Plan, tmp_path: Path) -> None:
    left = spawn(program(tmp_path, "kafka"))
    try:
        write_json(plan.places.state, {"programs": {"kafka": {"pid": left.pid, "started": start_of(left.pid)}}})
        assert f"kafka (pid {left.pid})" in ill(plan)["leftovers"].cause
    finally:
        stop(left, 5)


def test_without_root_and_sudo_the_exact_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "sudo" else f"/usr/bin/{name}")
    need = system.Need("Maven", lambda: False, (("maven",),))
    with pytest.raises(system.MissingPackages, match=r"missing: Maven.*\n  sudo apt-get install -y maven"):
        system.provide([need])


def test_what_is_there_is_not_installed_again() -> None:
    system.provide([system.Need("Python", lambda: True, (("python3",),))])
