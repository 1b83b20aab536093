"""`python -m bench NAME [--json]`, which `./sanfu bench NAME` calls."""

import importlib
import json
import sys

from sanfu.runtime import logs, loop

NAMES = ("machine", "intake", "flow", "timers")


def main(arguments: list[str]) -> int:
    wanted = [argument for argument in arguments if not argument.startswith("-")]
    if len(wanted) != 1 or wanted[0] not in NAMES:
        sys.stderr.write(f"usage: ./sanfu bench {'|'.join(NAMES)} [--json]\n")
        return 2
    logs.configure("bench", "error", sys.stderr)
    result = loop.run(importlib.import_module(f"bench.{wanted[0]}").run())
    sys.stdout.write("\n".join(result.lines()) + "\n")
    if "--json" in arguments:
        sys.stdout.write(json.dumps(result.as_json()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
