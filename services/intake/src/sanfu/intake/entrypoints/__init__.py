"""How the world reaches intake."""
