"""An OpenAI-compatible server with known timing, faults on request, and the manners of several services."""
