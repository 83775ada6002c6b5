"""A judge that is shown two answers."""
