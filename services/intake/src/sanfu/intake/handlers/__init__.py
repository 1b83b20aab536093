"""What intake does for those who ask."""
