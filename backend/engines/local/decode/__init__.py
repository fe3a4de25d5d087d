"""The next token, without the host in the way."""
