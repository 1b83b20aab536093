"""`python -m sanfu.router`: the service. `python -m sanfu.router train` and `evaluate`: the classifier, offline."""

import sys

if __name__ == "__main__":
    if sys.argv[1:]:
        from sanfu.router.training import command

        sys.exit(command.main(sys.argv[1:]))
    from sanfu.router.app import production
    from sanfu.runtime.service import run

    run(production)
