"""The machine at hand: what it is, and who holds its devices."""
