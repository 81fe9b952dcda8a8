"""The order of things, the only place that knows it."""
