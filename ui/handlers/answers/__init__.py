"""What the page is told of an answer: the prompt that it came from, and code that asks for it."""
