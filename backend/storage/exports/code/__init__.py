"""A conversation as code that asks for its answer: with curl, with openai, and with transformers."""
