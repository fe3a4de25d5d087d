"""The panel's values -> a request and its tools, and back."""
