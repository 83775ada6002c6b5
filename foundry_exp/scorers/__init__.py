"""What gives answers 1 to 5 points, behind the Scorer protocol."""

HANDED_DOWN = ("offline", "provision", "device_lock")
"""The parts of a config that a scorer which loads a model takes over, as `scorer.judge` does."""
