"""What each event of the story makes of a case."""
