"""Tests that need nothing and take seconds."""
