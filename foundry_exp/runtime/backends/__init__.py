"""Model runtimes in this process."""
