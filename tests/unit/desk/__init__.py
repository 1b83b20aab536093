"""Desk, without Kafka and MongoDB."""
