"""Notify alone: rules, wording, states, the loop on memory parts."""
