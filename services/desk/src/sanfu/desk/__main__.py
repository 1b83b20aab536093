"""`python -m sanfu.desk`: the service as a process."""

from sanfu.desk.app import production
from sanfu.runtime.service import run

if __name__ == "__main__":
    run(production)
