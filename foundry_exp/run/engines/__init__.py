"""Where cells are measured: here, or on a Ray cluster."""
