"""`python -m sanfu.router`."""

from sanfu.router.app import production
from sanfu.runtime.service import run

if __name__ == "__main__":
    run(production)
