"""What each command does to a case, once the table has let it through: the events that it tells.

Every body is written out in full, so that a case folded from the story again equals the one folded here.
"""
