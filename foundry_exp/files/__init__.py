"""JSON, YAML, text, escaping and disk at the edges."""
