"""Parts that watch the traffic of a served model, one family a file; what they remember is plain arrays."""
