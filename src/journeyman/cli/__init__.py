"""The commands, thin: options, one call each, and what is printed."""
