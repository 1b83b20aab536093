"""The one-command run: embedded Kafka and MongoDB, all services, demo and tools."""
