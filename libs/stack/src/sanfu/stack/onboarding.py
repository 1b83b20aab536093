"""`sanfu unit onboard CODE`: all that a unit's own system needs to read its topic and to answer, in one directory.

Where the broker asks who comes, the unit gets an account and the rights of the table (`sanfu.contracts.access`), and no
others. The password is made here, written into the directory and nowhere else.
"""

import asyncio
import json
import os
import secrets
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

import typer

from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.access import of_units
from sanfu.contracts.asyncapi import UNIT_TYPES
from sanfu.contracts.replies import replies
from sanfu.stack import parts, topics
from sanfu.stack.consoles import answers
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack
from sanfu.stack.subscribing import check_has_topic

app = typer.Typer(no_args_is_help=True, help="Units' own systems.")
console = answers()

PROGRAMS: Final = {"subscriber.py": 0o755, "subscribe.sh": 0o755, "answer.sh": 0o755}
CA: Final = "ca.pem"
"""In the directory: its programs run there."""
SCRAM: Final = "scram.properties"
"""The password for whoever runs Kafka, who deletes the file then."""
MECHANISM: Final = "SCRAM-SHA-512"
ITERATIONS: Final = 8192
"""Kafka's own minimum is 4096; more of them make a stolen hash dearer, and a login a little."""


@dataclass(frozen=True, slots=True)
class Account:
    """How a unit's system comes to the broker: where that is, and with which password, if it asks for one."""

    unit: str
    prefix: str
    kafka: str
    password: str | None = None
    ca: str | None = None

    def environment(self) -> str:
        """Write what the programs read."""
        told = {"UNIT": self.unit, "PREFIX": self.prefix, "KAFKA": self.kafka, "PASSWORD": self.password, "CA": self.ca}
        return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in told.items() if value)

    def properties(self) -> str:
        """Write what Kafka's own tools read."""
        if self.password is None:
            return "security.protocol=PLAINTEXT\n"
        login = f'username="unit-{self.unit}" password="{self.password}"'
        module = "org.apache.kafka.common.security.scram.ScramLoginModule"
        trusted = f"ssl.truststore.type=PEM\nssl.truststore.location={self.ca}\n" if self.ca else ""
        return (
            f"security.protocol=SASL_SSL\nsasl.mechanism={MECHANISM}\n"
            f"sasl.jaas.config={module} required {login};\n{trusted}"
        )

    def scram(self) -> str:
        """Write the password as Kafka's own tool reads it from a file: everybody on a machine sees its arguments."""
        return f"{MECHANISM}=iterations={ITERATIONS},password={self.password}\n"

    def orders(self, secret: Path) -> Iterator[tuple[str, list[str]]]:
        """Give what has to be ordered of the broker: the tool, and its arguments. `secret`: the file of `scram`."""
        if self.password is None:
            return
        yield "kafka-configs.sh", [
            "--alter", "--add-config-file", str(secret), "--entity-type", "users", "--entity-name", f"unit-{self.unit}",
        ]  # fmt: skip
        everybodys = of_units([])
        for grant in of_units([self.unit]):
            if grant not in everybodys:  # the unit's own, and desk's to send back what it can't take
                yield "kafka-acls.sh", grant.arguments(self.prefix)


@app.callback()
def _units() -> None:
    """Keep `onboard` a command of its own, also while it is the only one."""


@app.command("onboard")
def onboard(  # noqa: PLR0917  # options of a command line, never given by position
    code: Annotated[str, typer.Argument(help="code of a department, town or section, as in units.csv")],
    name: Annotated[str, typer.Option("--name", help="which stack of this checkout")] = "main",
    kafka: Annotated[str, typer.Option(help="where the unit's systems find the broker (default: the stack's)")] = "",
    secured: Annotated[bool, typer.Option("--secured", help="the broker asks who comes (TLS, account)")] = False,
    ca: Annotated[Path | None, typer.Option(help="PEM of who vouches for the broker")] = None,
    admin: Annotated[str, typer.Option(help="where one who may give accounts and rights comes to the broker")] = "",
    admin_config: Annotated[Path | None, typer.Option(help="and with which properties")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="give account and rights at once, by Kafka's tools")] = False,
    into: Annotated[Path | None, typer.Option(help="directory to write to (default: unit-CODE)")] = None,
) -> None:  # fmt: skip
    """Give a unit's own system an account, its rights, and programs that read its topic and answer."""
    stack = Stack.known(name)
    pack = load(stack.plan.city, datetime.now().astimezone().date()).pack
    check_has_topic(pack, code)
    prefix = os.environ.get("SANFU_PREFIX", stack.plan.prefix)
    password = secrets.token_urlsafe(24) if secured else None
    account = Account(code, prefix, kafka or stack.plan.bootstrap, password, CA if ca else None)
    if missing := [one for one in (ca, admin_config) if one and not one.is_file()]:
        raise PartError(f"there is no file {missing[0]}")
    folder = (into or Path(f"unit-{code}")).resolve()
    if (folder / "unit.env").exists():
        raise PartError(f"{folder} is written already: choose another directory with --into, or delete it")
    door = ["--bootstrap-server", admin or account.kafka]
    door += ["--command-config", str(admin_config)] if admin_config else []
    if apply:
        _give(account, door)
    made = _topics(stack, pack, account) if pack else []
    _write(folder, account)
    if ca:
        (folder / CA).write_bytes(ca.read_bytes())
    _tell(folder, account, door, stack=name, apply=apply)
    if made:
        console.print(f"made     {', '.join(made)}")


def _topics(stack: Stack, pack: Pack, account: Account) -> list[str]:
    """Make what is missing on the stack's own broker: a unit that the pack has named since the stack was brought up has
    no topics yet. Those of a deployment are made by its job (deploy/README.md). Return the names of those made."""
    if account.kafka != stack.plan.bootstrap or account.password or not stack.status().up:
        return []
    return asyncio.run(topics.create(account.kafka, topics.wanted(pack, account.prefix)))


TOOLS: Final[Mapping[str, str]] = {
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
}
"""What Kafka's scripts run."""


def _run(tool: str, arguments: list[str]) -> None:
    """Run one of Kafka's tools, from the jars of the embedded broker. Raises PartError with what it said."""
    jars = parts.kafka(Stack.known().places.parts, console.print)
    command = ["java", "-cp", f"{jars}/*", "-Dorg.apache.logging.log4j.level=ERROR", TOOLS[tool], *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise PartError(f"{tool} failed: {(done.stdout + done.stderr).strip()[-600:]}")


def _give(account: Account, door: list[str]) -> None:
    """Give account and rights. The password is in no argument, and in a file of its own only as long as that takes."""
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder, SCRAM)
        _write_secret(secret, account.scram())
        for tool, order in account.orders(secret):
            _run(tool, [*door, *order])


def _write_secret(path: Path, text: str) -> None:
    """Write a new file for its owner's eyes only."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _write(folder: Path, account: Account) -> None:
    """Write the directory: what opens the broker for its owner's eyes only."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("unit.env", account.environment()), ("client.properties", account.properties())):
        _write_secret(folder / name, text)
    for name, mode in PROGRAMS.items():
        (folder / name).write_text(files("sanfu.stack").joinpath(f"unit/{name}.txt").read_text(encoding="utf-8"))
        (folder / name).chmod(mode)
    _write_schemas(folder / "schemas")


def _write_schemas(folder: Path) -> None:
    """Write the JSON Schemas of what comes, and of what may be answered."""
    folder.mkdir(exist_ok=True)
    contracts = files("sanfu.contracts")
    found = {type.type: contracts.joinpath(f"schemas/{type.type}.json") for type in UNIT_TYPES}
    found |= {type: contracts.joinpath(f"replies/{type}.json") for type in replies()}
    for type, file in found.items():
        (folder / f"{type}.json").write_text(file.read_text(encoding="utf-8"), encoding="utf-8")


def _key_asked(code: str) -> str:
    """Write the body by which a key is made that reads for the unit's officers."""
    return json.dumps({"unit": code, "name": "oa", "for_officers": True})


def _tell(folder: Path, account: Account, door: list[str], *, stack: str, apply: bool) -> None:
    def real(topic: str) -> str:
        return account.prefix + topic.removeprefix("sanfu")

    code = account.unit
    console.print(f"reads    {real(names.unit_topic(code))}")
    console.print(f"answers  {real(names.replies_topic(code))}")
    console.print(f"back     {real(names.refused_replies_topic(code))}   (what could not be read, with the reason)")
    console.print(f"groups   unit.{code}.…")
    console.print(f"schemas  {folder}/schemas")
    desk = Stack.known(stack).urls.get("desk")
    shown = f"{desk}/docs/events, or " if desk else ""
    console.print(f"meaning  {shown}docs/events.md: what comes, what may be answered, with an example of each command")
    console.print(
        "key      for contacts, sealed words and files, read at desk for an officer: docs/subscribe.md, section 4;"
    )
    console.print(f"         whoever keeps accounts makes it: POST /v1/keys {_key_asked(code)}", markup=False)
    if account.password is None:
        console.print("account  none: this broker asks nobody who they are (--secured for one that does)")
    else:
        state = "given" if apply else "to be given by these commands, by whoever runs Kafka (or --apply)"
        console.print(
            f"account  unit-{code}, {MECHANISM}; the password is in {folder}/unit.env; account and rights {state}"
        )
        if not apply:
            _write_secret(folder / SCRAM, account.scram())
            for tool, order in account.orders(folder / SCRAM):
                console.print(" ".join([tool, *map(shlex.quote, [*door, *order])]), markup=False)
            console.print(f"delete   {folder / SCRAM} once that is done: it holds the password, for no command line")
    console.print(f"try      cd {folder} && . ./unit.env && pip install -q aiokafka && ./subscriber.py")
