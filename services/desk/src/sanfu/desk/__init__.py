"""Handles the cases: commands, lists, the live board."""
