"""The demo: a city's reports through the real system, with scripted officers, under a clock that waits for it."""
