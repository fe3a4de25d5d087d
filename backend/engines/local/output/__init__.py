"""Token ids -> text and tool calls, and what keeps them within a grammar."""
