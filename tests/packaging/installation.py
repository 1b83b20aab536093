"""A service as its image has it: wheels built by the locked backend, installed alone, by the image's own script."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sanfu.stack.places import checkout

LIBRARIES = ("libs/contracts", "libs/runtime", "libs/city")
"""What deploy/Dockerfile copies beside the service; a test compares."""


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None, within: float = 240) -> str:
    """Return what a command says; fails with that if it fails."""
    told = subprocess.run(
        command, check=False, cwd=checkout(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=within, env={**os.environ, **(environment or {})},
    )  # fmt: skip
    assert told.returncode == 0, f"{' '.join(map(str, command))}:\n{told.stdout}"
    return told.stdout


def built(place: Path, services: Sequence[str]) -> Path:
    """Build the wheels of the libraries and of these services as the image's build stage does; return `place`."""
    sources = [*(f"./{path}" for path in LIBRARIES), *(f"./services/{name}" for name in services)]
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    run([*pip, "--wheel-dir", place, *sources])
    return place


def uv() -> str | None:
    """Return where uv is, as `./sanfu` has it: on the path, or its own."""
    own = checkout() / ".sanfu" / "uv" / "bin" / "uv"
    return shutil.which("uv") or (str(own) if own.is_file() else None)


@dataclass(frozen=True, slots=True)
class Installation:
    """One service in an environment of its own."""

    service: str
    python: Path

    def importable(self, module: str) -> bool:
        code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
        return subprocess.run([self.python, "-I", "-c", code], check=False, capture_output=True).returncode == 0

    def distributions(self) -> dict[str, str]:
        """Return what is installed: version by name."""
        code = "import importlib.metadata as m; [print(d.name.lower(), d.version) for d in m.distributions()]"
        told = run([self.python, "-I", "-c", code])
        return dict(line.replace("_", "-").split(" ") for line in told.splitlines())


def environment(place: Path) -> Path:
    """Make an empty environment, as the image's build stage does."""
    run([sys.executable, "-m", "venv", "--without-pip", place])
    return place


def install(
    place: Path, own: Sequence[Path], *, root: Path | None = None, by_pip: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run deploy/install.sh, which takes the lock of the checkout at `root`."""
    script = (root or checkout()) / "deploy" / "install.sh"
    if root:
        script.parent.mkdir()
        shutil.copy(checkout() / "deploy" / "install.sh", script)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # python3 with its pip, as the image has it
    tools = {"UV": "" if by_pip else uv() or "", "PATH": path}
    return subprocess.run(
        ["sh", script, place / "bin" / "python", *own], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=240, env={**os.environ, **tools},
    )  # fmt: skip


def installed(service: str, wheels: Path, place: Path, *, by_pip: bool = False) -> Installation:
    """Install a service from these wheels into a new environment. Fails with what the script says."""
    own = [next(wheels.glob(f"sanfu_{name}-*.whl")) for name in ("contracts", "runtime", "city", service)]
    done = install(environment(place), own, by_pip=by_pip)
    assert done.returncode == 0, done.stdout
    return Installation(service, place / "bin" / "python")
