"""Notify's ports on real parts and in memory."""
