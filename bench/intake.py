"""Intake: durable receipts a second over HTTP, against a bare group commit of the same writes, and an echo endpoint."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bson

from bench.parts import Bench, broker, place, reports
from bench.processes import answers, running, service
from bench.result import Result, Target
from sanfu.runtime.mongo import connect
from sanfu.runtime.sealing import generate_keys
from sanfu.stack.programs import free_port
from tests.support.eventually import eventually

SECONDS = 12
CONNECTIONS = 64
KEY = "k" * 43
TARGETS = (
    Target("receipts_per_second", least=1400), Target("p99_ms", most=150), Target("ratio", least=0.7),
    Target("share_of_echo", least=0.3),
)  # fmt: skip

SCRIPT = """
local bodies = {}
for line in io.lines(os.getenv("BODIES")) do bodies[#bodies + 1] = line end
local number, thread = 0, 0
function setup(t) t:set("me", thread); thread = thread + 1 end
function request()
  number = number + 1
  local headers = {["Content-Type"] = "application/json", ["X-Api-Key"] = os.getenv("KEY"),
                   ["Idempotency-Key"] = os.getenv("RUN") .. "-" .. me .. "-" .. number}
  return wrk.format("POST", nil, headers, bodies[number % #bodies + 1])
end
function done(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
           latency:percentile(50), latency:percentile(99), failed))
end
"""


async def run() -> Result:
    if shutil.which("wrk") is None:
        raise SystemExit("bench intake needs wrk: apt-get install wrk")
    with place() as bench, tempfile.TemporaryDirectory(prefix="sanfu-bench-") as scratch:
        async with broker(bench):
            folder = Path(scratch)
            _inputs(folder)
            with service("intake", bench, folder, **_settings(folder)) as (url, _):
                await eventually(lambda: answers(f"{url}/health/ready"), within=60)
                warming = asyncio.ensure_future(_load(f"{url}/v1/issues", folder, "warm", 3))
                await eventually(lambda: _sampled(bench, folder), within=10)
                await warming
                measured = await _load(f"{url}/v1/issues", folder, "main", SECONDS)
            with _bare(bench, folder) as url:
                await eventually(lambda: answers(f"{url}/openapi.json"), within=60)
                await _load(f"{url}/commit", folder, "warm", 2)
                commit = await _load(f"{url}/commit", folder, "bare", SECONDS)
                echo = await _load(f"{url}/echo", folder, "echo", SECONDS // 2)
        _drop(bench)
    rate = measured["rate"]
    figures = {
        "receipts_per_second": rate, "p50_ms": measured["p50"], "p99_ms": measured["p99"],
        "failed": measured["failed"], "share_of_echo": rate / echo["rate"],
    }  # fmt: skip
    floor = {"bare_commit_per_second": commit["rate"], "echo_per_second": echo["rate"]}
    return Result("intake", figures, floor, rate / commit["rate"], TARGETS)


def _inputs(folder: Path) -> None:
    hotline = [r for r in reports() if r["channel"] == "hotline"]
    bodies = [
        {
            "channel": "hotline", "audience": r["audience"], "title": r["text_title"], "text": r["text_body"],
            "place": {"town": r["town"]}, "party": {"name": "王小明", "phone": f"138000000{n % 100:02d}"},
        }
        for n, r in enumerate(hotline)
    ]  # fmt: skip
    (folder / "bodies").write_text("\n".join(json.dumps(body, ensure_ascii=False) for body in bodies) + "\n")
    (folder / "load.lua").write_text(SCRIPT)
    (folder / "channels").write_text(json.dumps({"hotline": KEY}))
    generate_keys(folder / "keys")


@contextmanager
def _bare(bench: Bench, folder: Path) -> Iterator[str]:
    port = free_port()
    arguments = [
        "-m",
        "bench.bare",
        str(port),
        bench.mongo,
        f"{bench.prefix}_bare",
        bench.kafka,
        str(folder / "sample"),
    ]
    with running(arguments, folder, {}):
        yield f"http://127.0.0.1:{port}"


def _settings(folder: Path) -> dict[str, str]:
    return {"SANFU_KEYS_FILE": str(folder / "keys"), "SANFU_CHANNEL_KEYS_FILE": str(folder / "channels")}


def _sampled(bench: Bench, folder: Path) -> bool:
    """Whether a document that intake wrote was caught with its whole outbox: contact, event, and what rests here."""
    client = connect(bench.mongo).delegate
    document = client[f"{bench.prefix}_intake"]["subjects"].find_one({"outbox": {"$size": 3}})
    if document is None:
        return False
    for entry in document["outbox"]:
        entry["to"] = entry["to"].replace("sanfu", bench.prefix, 1)
    (folder / "sample").write_bytes(bson.encode(document))
    return True


def _drop(bench: Bench) -> None:
    client = connect(bench.mongo).delegate
    for name in ("intake", "bare"):
        client.drop_database(f"{bench.prefix}_{name}")


async def _load(url: str, folder: Path, name: str, seconds: int) -> dict[str, float]:
    environment = {**os.environ, "BODIES": str(folder / "bodies"), "KEY": KEY, "RUN": name}
    wrk = await asyncio.create_subprocess_exec(
        "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(folder / "load.lua"), url,
        env=environment, stdout=subprocess.PIPE,
    )  # fmt: skip
    out, _ = await wrk.communicate()
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", out.decode())
    if found is None:
        raise RuntimeError(f"wrk said: {out.decode()[:500]}")
    count, micros, p50, p99, failed = map(int, found.groups())
    return {"rate": (count - failed) / micros * 1e6, "p50": p50 / 1000, "p99": p99 / 1000, "failed": failed}
