"""One file a verb; each has HELP and main(arguments)."""
