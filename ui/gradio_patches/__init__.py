"""Every dependence on what Gradio does not promise, one file each."""
