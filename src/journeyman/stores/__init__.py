"""What is kept: the journal, artifacts, the registry and experience."""
