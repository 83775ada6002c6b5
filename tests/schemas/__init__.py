"""What makes the files in `schemas/` and README's table of metrics; nothing in the package needs it to run."""
