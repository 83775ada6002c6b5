"""The verbs of the command line; each module has `HELP` and `main(arguments)`."""
