"""What notify does: keep who people are, carry messages, report what became of them."""
