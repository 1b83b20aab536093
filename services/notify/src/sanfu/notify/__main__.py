"""`python -m sanfu.notify`."""

from sanfu.notify.app import production
from sanfu.runtime.service import run

if __name__ == "__main__":
    run(production)
