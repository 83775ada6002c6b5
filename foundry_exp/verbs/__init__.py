"""The verbs of the command line; each module has `HELP`, which the door prints, and `main(arguments)`."""
