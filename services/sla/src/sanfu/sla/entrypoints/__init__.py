"""HTTP to commands and lists."""
