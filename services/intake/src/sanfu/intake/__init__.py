"""Receives reports, receipts them durably and publishes them."""
