"""Models: their folders, their variants, and what of them is known."""
