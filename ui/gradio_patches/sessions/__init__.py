"""What Gradio keeps of the pages that are open, and of what they are told."""
