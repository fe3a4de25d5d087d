"""Pictures and conversations: taken in, kept, exported."""
