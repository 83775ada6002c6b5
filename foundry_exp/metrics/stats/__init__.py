"""Statistics over plain numbers."""
