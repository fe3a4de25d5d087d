"""The page: the only room, with app.py, that knows Gradio."""

from ui.gradio_patches.lean_import import start_gradio

start_gradio()  # whatever imports a part of the page gets Gradio with these settings
