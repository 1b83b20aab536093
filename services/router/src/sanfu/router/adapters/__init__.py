"""What the router stands on: the index of sketches."""
