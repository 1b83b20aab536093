"""`python -m sanfu.sla`: the service. `python -m sanfu.sla explain --json FILE`: a deadline's arithmetic."""

import sys

from sanfu.sla import command

if __name__ == "__main__":
    if sys.argv[1:2] == ["explain"]:
        sys.exit(command.main(sys.argv[1:]))
    from sanfu.runtime.service import run
    from sanfu.sla.app import production

    run(production)
