"""What requests came to, for machines to read."""
