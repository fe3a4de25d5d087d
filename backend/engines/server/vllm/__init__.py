"""A vLLM that the app starts for itself."""
