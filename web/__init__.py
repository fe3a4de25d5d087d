"""What stands in front of the page: ASGI, without Gradio."""
