"""What gives answers 1 to 5 points, behind the Scorer protocol."""
