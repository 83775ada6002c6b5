"""The catalogue, what is on this disk, and how a model gets there."""
