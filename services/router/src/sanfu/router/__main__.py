"""`python -m sanfu.router`: the service. `… train` and `… evaluate`: the classifier, offline; `… report` and
`… backtest`: what became of what the router decided."""

import sys
from importlib import import_module

OFFLINE = {
    **dict.fromkeys(("train", "evaluate", "duplicates"), "sanfu.router.training.command"),
    **dict.fromkeys(("report", "backtest"), "sanfu.router.hindsight.command"),
}
"""Command → the module that does it: the service loads none of them."""

if __name__ == "__main__":
    if sys.argv[1:] and not sys.argv[1].startswith("--"):
        where = OFFLINE.get(sys.argv[1])
        sys.exit(import_module(where).main(sys.argv[1:]) if where else f"there are: {', '.join(OFFLINE)}")
    from sanfu.router.app import production
    from sanfu.runtime.service import run

    run(production)
