"""What a command line comes to: composed by Hydra, checked, and handed to its launcher as jobs."""
