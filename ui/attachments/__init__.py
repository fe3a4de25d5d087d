"""What is attached to a message before it is sent: files, the pages that were chosen of them, and what each costs."""
