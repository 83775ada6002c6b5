"""A second model as a judge."""
