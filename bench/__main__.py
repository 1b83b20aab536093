"""`python -m bench NAME [--json] [--open N] [--cases N]`, which `./sanfu bench NAME` calls."""

import argparse
import importlib
import json
import sys

from sanfu.runtime import logs, loop

NAMES = ("machine", "intake", "flow", "timers", "desk", "router", "duplicates", "imports", "notify", "fanout")
LEAST = 50_000
"""Clocks that the burst, the stream and the kill take from those armed."""

LEAST_CASES = 10_000
"""Cases that are open in every archive, and some that are not."""


def main(arguments: list[str]) -> int:
    reader = argparse.ArgumentParser("./sanfu bench")
    reader.add_argument("name", choices=NAMES)
    reader.add_argument("--json", action="store_true")
    reader.add_argument("--open", type=int, help="timers: so many clocks armed; duplicates: so many open issues")
    reader.add_argument("--cases", type=int, help="desk: so many cases")
    asked = reader.parse_args(arguments)
    if asked.open is not None and (asked.name not in {"timers", "duplicates"} or asked.open < LEAST):
        reader.error(f"--open goes with timers and duplicates, and takes {LEAST} at least")
    if asked.cases is not None and (asked.name != "desk" or asked.cases < LEAST_CASES):
        reader.error(f"--cases goes with desk, and takes {LEAST_CASES} at least")
    more = {} if asked.open is None else {"open": asked.open}
    more |= {} if asked.cases is None else {"cases": asked.cases}
    logs.configure("bench", "error", sys.stderr)
    result = loop.run(importlib.import_module(f"bench.{asked.name}").run(**more))
    sys.stdout.write("\n".join(result.lines()) + "\n")
    if asked.json:
        sys.stdout.write(json.dumps(result.as_json()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
