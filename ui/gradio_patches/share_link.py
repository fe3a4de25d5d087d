"""The public link, made beside the start, and one sentence where none can be had.

Why: Gradio makes it while it starts and lets everything wait for that, a minute where the network is closed; of what
went wrong it prints ten lines. The process of its tunnel outlives an app that is ended by a signal.
Seen with: Gradio 6.31.0; `networking.setup_tunnel`, `tunneling.CURRENT_TUNNELS` and the process in them.
Without it: --share where there is no internet looks like an app that does not start.
Remove when: Gradio makes links after the start, and says in one sentence why there is none.
"""

import threading

import gradio as gr
import httpx
from gradio import networking, tunneling
from gradio.exceptions import ChecksumMismatchError, ShareCertificateWriteError

WITHOUT = "There's no public link, {why}. The app still runs at its own address."
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # an address that others can be sent to, for one that all reach


def share(demo: gr.Blocks) -> None:
    """Prints the public link of an app that was launched, or why there is none, as soon as that is known."""
    threading.Thread(target=lambda: print(_told(demo), flush=True), daemon=True).start()


def end_links() -> None:
    """Ends the processes that links lead through."""
    for tunnel in tunneling.CURRENT_TUNNELS:
        if tunnel.proc is not None:
            tunnel.proc.terminate()


def _told(demo: gr.Blocks) -> str:
    host = demo.server_name.strip("[]")
    try:
        link = networking.setup_tunnel(EVERYWHERE.get(host, host), demo.server_port, demo.share_token, None, None)
    except (ShareCertificateWriteError, OSError) as error:  # before RuntimeError, and of files as of processes
        return WITHOUT.format(why=f"because a file that it needs can't be written or run ({type(error).__name__})")
    except (httpx.HTTPError, httpx.InvalidURL, ChecksumMismatchError, ImportError):
        where = f"{tunneling.BINARY_URL} can be downloaded by hand to {tunneling.BINARY_PATH}"
        return WITHOUT.format(why=f"because the program it needs can't be downloaded ({where})")
    except RuntimeError:
        return WITHOUT.format(why="because Gradio's link server can't be reached")
    except ValueError:  # its log is on the terminal by now
        return WITHOUT.format(why="because Gradio's link server didn't make one")
    return f"Public link: https://{link.partition('://')[2].rstrip('/')}/"
