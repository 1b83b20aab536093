"""The rules: calendars, deadlines, clocks and lights. Pure."""
