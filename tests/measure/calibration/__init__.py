"""The tool measured by itself."""
