"""The page: the only room, with app.py, that knows Gradio."""

from ui.gradio_patches.lean_import import import_gradio

import_gradio()  # whatever imports a part of the page gets Gradio so
