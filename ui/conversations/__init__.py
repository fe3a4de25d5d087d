"""What a page shows of a conversation, where it is kept, and how an answer to it is started."""
