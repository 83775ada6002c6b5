"""Models behind HTTP: any OpenAI-compatible endpoint, and the SDK's own web service in a process of its own."""
