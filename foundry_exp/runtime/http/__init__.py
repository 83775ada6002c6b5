"""Model runtimes behind HTTP."""
