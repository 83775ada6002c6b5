"""What a command ends with; 0 is: nothing failed."""

FAILED = 1
"""Something that was asked for failed, or could not be told."""
USAGE_ERROR = 2
"""A bad config or usage: nothing was run."""
GATE_FAILED = 100
INTERRUPTED = 130
"""By Ctrl-C; what was measured is kept."""
