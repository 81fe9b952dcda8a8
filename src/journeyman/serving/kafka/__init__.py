"""Rows from a Kafka topic, predictions to another, each exactly once (docs/decisions/0075)."""
