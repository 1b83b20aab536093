"""The rules of a case: its table of transitions, its story, who may see and do what. Pure."""
