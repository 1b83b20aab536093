"""What a change must pass: `sanfu check` and `sanfu test`."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from sanfu.stack import parts, system
from sanfu.stack.consoles import notes
from sanfu.stack.places import Places, checkout

console = notes()


def checks(root: Path) -> dict[str, list[str]]:
    """Return what `sanfu check` runs, by name: the command of each."""
    here = Path(sys.executable).parent
    sources = sorted(
        str(path.relative_to(root)) for group in ("libs", "services") for path in root.glob(f"{group}/*/src")
    )
    tests = [name for name in ("tests", "bench", "deploy") if (root / name).is_dir()]
    packs = sorted(str(path.relative_to(root)) for path in root.glob("cities/*/"))
    return {
        "format": [f"{here}/ruff", "format", "--check", "."],
        "lint": [f"{here}/ruff", "check", "."],
        "types": [f"{here}/mypy", *sources, *tests],
        "architecture": [f"{here}/lint-imports"],
        "replies": [sys.executable, "-m", "sanfu.desk.entrypoints.reply_schemas", "--check"],
        "contracts": [sys.executable, "-m", "sanfu.contracts.generate", "--check"],
        "released": [sys.executable, "-m", "sanfu.contracts.compatibility"],
        "life of a case": [sys.executable, "-m", "sanfu.desk.entrypoints.life", "--check"],
        **{f"pack {pack}": [sys.executable, "-m", "sanfu.stack", "city", "check", pack] for pack in packs},
    }


def check() -> None:
    """Check format, lint, types, architecture, contracts and the shipped city packs. Ends with 1 when one fails."""
    root = checkout()
    failed = [name for name, command in checks(root).items() if not _passes(name, command, root)]
    if failed:
        console.print(f"failed: {', '.join(failed)}", style="red")
    raise typer.Exit(1 if failed else 0)


def _passes(name: str, command: list[str], root: Path) -> bool:
    began = time.monotonic()
    done = subprocess.run(command, check=False, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    word, colour = ("FAILED", "red") if done.returncode else ("ok", "green")
    console.print(f"{name:<20} [{colour}]{word}[/] {time.monotonic() - began:6.1f} s")
    if done.returncode:
        console.print(done.stdout, markup=False, soft_wrap=True)
    return done.returncode == 0


def test(
    context: typer.Context, full: Annotated[bool, typer.Option("--full", help="also what takes long")] = False
) -> None:
    """Run the tests: all of them, or what the arguments say (they are pytest's).

    SANFU_TEST_KAFKA and SANFU_TEST_MONGO name servers to test on; otherwise the run has its own broker and mongod.
    """
    root = checkout()
    if not _unit_only(context.args):
        system.provide(_needs(root), console.print)
    command = [sys.executable, "-m", "pytest", *(["--full"] if full else []), *context.args]
    raise typer.Exit(subprocess.run(command, check=False, cwd=root).returncode)


def _unit_only(arguments: list[str]) -> bool:
    """Tell whether the arguments name tests, and only such as need nothing of the machine."""
    paths = [argument for argument in arguments if argument.startswith("tests")]
    return bool(paths) and all(path.startswith("tests/unit") for path in paths)


def _needs(root: Path) -> list[system.Need]:
    if os.environ.get("SANFU_TEST_KAFKA"):
        return [system.BROWSER, system.PROMTOOL, system.NODE]
    fetched = (Places(root).parts / f"kafka-{parts.KAFKA}").is_dir()
    return [system.BROWSER, system.PROMTOOL, system.NODE, system.JAVA, *([] if fetched else [system.MAVEN])]
