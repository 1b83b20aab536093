"""How notify is asked: its HTTP routes."""
