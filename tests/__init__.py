"""The tests of Sanfu."""
