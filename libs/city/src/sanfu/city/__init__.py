"""A city pack: units, staff, channels, categories, rules, policies, calendars and texts, loaded and checked."""
