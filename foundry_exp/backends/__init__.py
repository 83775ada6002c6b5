"""What can run a model: one module or folder a way, each a `Backend`."""
