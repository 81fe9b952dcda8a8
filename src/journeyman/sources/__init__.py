"""Where tables come from, one kind of source a file, and how raw values are read."""
