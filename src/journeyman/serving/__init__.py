"""The HTTP face: the champion answers, every answer is recorded before it is given, one file a protocol."""
