"""Who is told what, and what becomes of each message. Pure: no I/O, no clock, no ids of its own making."""
