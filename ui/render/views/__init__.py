"""What stands beside the conversation, or in its place."""
