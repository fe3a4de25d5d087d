"""An OpenAI-compatible API: /v1, for programs. Nothing of it is imported unless it is served."""
