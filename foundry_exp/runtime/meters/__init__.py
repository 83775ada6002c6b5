"""Memory, power and energy."""
