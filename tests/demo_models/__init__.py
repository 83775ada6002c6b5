"""The two demonstration models: their training text, training and export."""
