"""What is read of the process that runs a model, from outside it."""
