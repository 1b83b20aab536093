"""What tests share: the real parts, and the one way to wait."""
