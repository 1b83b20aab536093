"""Tests of the city pack: reading, checking, watching, and the pack that is shipped."""
