"""Where desk meets MongoDB, and its stand-ins in memory."""
