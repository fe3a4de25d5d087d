"""The answers of the API: made in threads, and sent as they come."""
