"""Measurements of the app's speed; __main__.py says how to run them."""

import time

BEGUN = time.monotonic()  # before torch is imported, which can take half a minute of the time that there is
