"""The live page: how operated models stand, what was done and why, and buttons for what people may ask."""
