"""Scores by people: blind files out, filled files in, and how far people and judges agree."""
