"""What short English texts mean, as numbers: a small pretrained network that comes with an extra."""
