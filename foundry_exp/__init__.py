"""Declarative experiments for language models that run locally on Microsoft Foundry Local."""

__version__ = "0.1.0"
