"""Tells people by SMS and e-mail, once each."""
