"""What records mean: every figure, its formula and its format."""
