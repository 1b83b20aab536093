"""What is delivered: wheels, images, the compose file, topics, access, alerts."""
