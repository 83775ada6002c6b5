"""Prompt sets and rubrics."""
