"""`python -m sanfu.city check DIRECTORY`: 0 if the pack can be used, 1 if not, 2 if not asked rightly."""

import sys
from pathlib import Path

from sanfu.city.reporting import check_report


def main(arguments: list[str]) -> int:
    match arguments:
        case ["check", directory]:
            sound, lines = check_report(Path(directory))
            sys.stdout.write("\n".join(lines) + "\n")
            return 0 if sound else 1
    sys.stderr.write("usage: python -m sanfu.city check DIRECTORY\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
