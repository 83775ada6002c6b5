"""People: files out, scores in, agreement."""
