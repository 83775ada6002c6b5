"""A finished cell, read once, and what may be compared with what."""
