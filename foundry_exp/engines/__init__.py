"""Where cells are measured: on this machine, or on the nodes of a cluster."""
