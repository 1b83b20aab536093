"""Keeps the clocks: deadlines, yellow and red lights."""
