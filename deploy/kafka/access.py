"""Who may do what on the broker, for whoever runs it: `sanfu.contracts.access` as a table, and as commands.

    python access.py                    the table, as it stands in access.txt
    python access.py --commands water   kafka-acls.sh commands, with the units that have systems of their own

A test holds access.txt to the registry.
"""

import os
import sys

from sanfu.contracts.access import of_units, table


def main() -> None:
    match sys.argv[1:]:
        case []:
            sys.stdout.write(table())
        case ["--commands", *codes]:
            prefix = os.environ.get("SANFU_PREFIX", "sanfu")
            print("\n".join(grant.command(prefix) for grant in of_units(codes)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
