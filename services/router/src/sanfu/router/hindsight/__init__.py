"""What became of what the router decided: its returns, and what other rules would have done. Offline."""
