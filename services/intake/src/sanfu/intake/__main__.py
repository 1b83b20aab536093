"""Intake as a process."""

from sanfu.intake.app import production
from sanfu.runtime.service import run

if __name__ == "__main__":
    run(production)
