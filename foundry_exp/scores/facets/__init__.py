"""Rules: what a prompt set expects of an answer."""
