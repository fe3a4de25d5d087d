"""What Gradio does with a request before it comes to an event."""
