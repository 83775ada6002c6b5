"""Backends that reach a model over HTTP."""
