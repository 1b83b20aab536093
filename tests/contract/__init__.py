"""One suite for the memory and the real part alike."""
