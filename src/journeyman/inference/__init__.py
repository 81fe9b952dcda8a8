"""What predicts: a release, opened; service and exports stand on it."""
