"""Every type that is written, and the files that it is written to."""
