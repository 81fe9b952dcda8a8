"""Groups of rows without labels: ways of grouping, how many groups there are, and the model that assigns rows."""
