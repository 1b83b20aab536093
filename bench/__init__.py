"""What is measured, and against what. `./sanfu bench NAME` runs one; README.md keeps the figures."""
