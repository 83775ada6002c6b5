"""What was asked: Hydra composes it, and everything is checked before anything runs."""
