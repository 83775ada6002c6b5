"""Models: the catalogue, the cache, downloads and resolution, through the real runtime."""
