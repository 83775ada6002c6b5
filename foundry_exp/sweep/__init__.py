"""Many cells under one name: what is finished, what is left, and what follows a failure."""
