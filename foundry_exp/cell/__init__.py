"""One composed config, measured: planned, run in a process of its own, and summed up."""
