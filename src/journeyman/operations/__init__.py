"""What the loop does in a round: traffic, decisions, moves, retraining data, retention."""
