"""A judge that is shown two answers to one prompt, in both orders, and says which is better."""
