"""Public contract checks for people who write parts."""
