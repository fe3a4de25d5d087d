"""Gradio on a Space: what it does there beside what it does elsewhere is not done."""

import os
import subprocess
import sys

CODE = """
import asyncio
made, make = [], asyncio.new_event_loop
asyncio.new_event_loop = lambda: made.append(1) or make()
import ui.page, gradio as gr
from gradio import queueing, routes
with gr.Blocks() as demo:
    gr.Textbox()
print(demo.space_id, len(made))
"""


def test_no_event_loop_is_left_and_the_page_knows_no_space() -> None:
    told = os.environ | {"SYSTEM": "spaces", "SPACE_ID": "ada/chat"}
    done = subprocess.run([sys.executable, "-c", CODE], env=told, capture_output=True, text=True, timeout=60)
    assert done.stdout == "None 0\n", done.stderr
