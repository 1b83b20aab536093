"""What the service reads from outside: the national calendar."""
