"""Everything behind the page: messages, engines, tools, pictures. Knows nothing of Gradio."""
