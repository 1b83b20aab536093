"""`python -m sanfu.stack` is `sanfu`."""

from sanfu.stack.cli import main

main()
