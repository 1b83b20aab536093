"""Notify on a real Kafka and a real MongoDB, with a scripted gateway and a mail sink."""
