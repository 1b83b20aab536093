"""The machine every service runs on: nothing is lost and nothing happens twice."""
