"""What the machine itself must have: commands that come as system packages."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sanfu.stack.parts import Tell, silent

OLDEST_JAVA = 17
OLDEST_NODE = 20


class MissingPackages(RuntimeError):
    """System packages are missing, and can't be installed from here. The text has the command that does it."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something a system package brings. `packages`: the first set that this system's archive knows is installed."""

    what: str
    met: Callable[[], bool]
    packages: tuple[tuple[str, ...], ...]


def java_version() -> int | None:
    """Return the major version of the Java on the path; None when there is none."""
    if not shutil.which("java"):
        return None
    told = subprocess.run(["java", "-version"], check=False, capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', told)
    return int(found[1]) if found else None


JAVA = Need(
    f"Java {OLDEST_JAVA} or later",
    lambda: (java_version() or 0) >= OLDEST_JAVA,
    (("openjdk-17-jre-headless",), ("openjdk-21-jre-headless",), ("default-jre-headless",)),
)
MAVEN = Need("Maven", lambda: shutil.which("mvn") is not None, (("maven",),))


def node_version() -> int | None:
    """Return the major version of the Node on the path; None when there is none, or no npm beside it."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None
    told = subprocess.run(["node", "--version"], check=False, capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)", told)
    return int(found[1]) if found else None


NODE = Need(
    f"Node {OLDEST_NODE} or later, with npm", lambda: (node_version() or 0) >= OLDEST_NODE, (("nodejs", "npm"),)
)
BROWSER = Need(
    "Chromium with Chinese letters",
    lambda: shutil.which("chromium") is not None,
    (("chromium", "fonts-noto-cjk"),),
)
PROMTOOL = Need("promtool", lambda: shutil.which("promtool") is not None, (("prometheus",),))


def provide(needs: Sequence[Need], tell: Tell = silent) -> None:
    """Install what is missing by apt-get, as root or by a sudo without password; else raise MissingPackages."""
    missing = [need for need in needs if not need.met()]
    if not missing:
        return
    what = ", ".join(need.what for need in missing)
    if not shutil.which("apt-get"):
        raise MissingPackages(f"missing: {what}. There is no apt-get here: install them by this system's own means")
    by = _privilege()
    if by is None:
        raise MissingPackages(
            f"missing: {what}. Install with:\n  sudo apt-get install -y {' '.join(_packages(missing))}"
        )
    tell(f"installing by apt-get: {what}")
    _apt(by, "update", "-q")
    _apt(by, "install", "-y", "-q", "--no-install-recommends", *_packages(missing))


def _privilege() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True)
    return ["sudo", "-n"] if sudo and sudo.returncode == 0 else None


def _packages(missing: Sequence[Need]) -> list[str]:
    return [package for need in missing for package in next(filter(_known, need.packages), need.packages[0])]


def _known(packages: Sequence[str]) -> bool:
    told = subprocess.run(["apt-cache", "policy", *packages], check=False, capture_output=True, text=True).stdout
    candidates = re.findall(r"Candidate: (\S+)", told)
    return len(candidates) == len(packages) and "(none)" not in candidates


def _apt(by: list[str], *arguments: str) -> None:
    command = [*by, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise MissingPackages(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr).strip()[-2000:]}")
