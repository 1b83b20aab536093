"""What a command's body may hold: one model per command. Every field is there afterwards, given or not."""
