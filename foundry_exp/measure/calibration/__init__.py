"""The tool's own error, against a server with known timing."""
