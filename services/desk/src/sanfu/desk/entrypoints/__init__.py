"""What comes in by HTTP."""
