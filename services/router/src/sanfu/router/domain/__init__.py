"""Who handles an issue, and which units hear of it: pure rules."""
