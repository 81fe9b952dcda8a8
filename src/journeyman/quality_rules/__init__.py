"""Rules that look at a table and report findings, one family a file."""
