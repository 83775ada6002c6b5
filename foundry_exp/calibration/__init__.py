"""The tool measured by itself: a server with known timing, and what its clients make of it."""
