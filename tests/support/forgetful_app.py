"""The app, which forgets what a page has not read after SECONDS instead of a quarter of an hour.

usage: forgetful_app.py SECONDS [the app's options]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import app
from ui.gradio_patches.sessions import unread

if __name__ == "__main__":
    unread.STALE_SECONDS = float(sys.argv.pop(1))
    app.main()
