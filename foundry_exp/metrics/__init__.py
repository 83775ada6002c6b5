"""What records mean: the metrics of one request, and of all requests of a cell. Nothing here reads a clock."""
