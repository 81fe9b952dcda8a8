"""What a caller may ask for: build, predict, score, ask the loop; each function opens what it needs."""
