"""Tests of sla's rules: calendars, deadlines, lights."""
