"""Files that visitors send, as Gradio takes them."""
