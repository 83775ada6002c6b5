"""What is typed: the door, help, completion, doctor, and one file a verb."""
