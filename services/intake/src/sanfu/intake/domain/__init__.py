"""The rules of intake: pure, on the standard library and the pack alone."""
