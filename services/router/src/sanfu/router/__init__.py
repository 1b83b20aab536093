"""Decides which unit leads an issue and fans its story out to the units."""
