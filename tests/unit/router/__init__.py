"""The router's rules, without Kafka and MongoDB."""
