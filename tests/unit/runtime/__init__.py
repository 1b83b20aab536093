"""The machine, and the edges around it."""
