"""Where the lists of clocks are read from."""
