"""The page: the only room, with app.py, that knows Gradio."""

import os

# Gradio reads these when it is imported, which whatever imports a part of the page has it do.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # calls home
# Statistics for a page that web/middleware.py closes: else after every event, over all events so far.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000000")
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
