"""What takes the conversation's place: components, no behaviour."""
