"""What runs models: backends, the models themselves, meters, the machine, and the worker process."""
