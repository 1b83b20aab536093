"""What asks the router from outside."""
