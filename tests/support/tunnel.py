"""Stands for frpc, the program of Gradio's public links: it tells of a link, which leads to the app by TLS.

Run as `python -m tests.support.tunnel http -n TOKEN -l PORT -i HOST …`, as gradio/tunneling.py does.
"""

import os
import sys
import threading
from pathlib import Path

from gradio.tunneling import BINARY_FILENAME

from tests.support.reverse_proxy import reverse_proxy

REFUSED = "REFUSED_LINK"  # the variable that has it make no link


def stand_in(home: Path) -> dict[str, str]:
    """The environment of an app that finds this program where it keeps that which it would fetch."""
    program = home / "gradio" / "frpc" / BINARY_FILENAME
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {__name__} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return {"HF_HOME": str(home), "GRADIO_SHARE_SERVER_ADDRESS": "127.0.0.1:1"}  # which it need not ask Gradio for


def main(arguments: list[str]) -> None:
    options = dict(zip(arguments[1::2], arguments[2::2], strict=False))
    if os.environ.get(REFUSED):
        print("[W] login to server failed: no", flush=True)
        return
    with reverse_proxy(f"http://{options['-i']}:{options['-l']}", tls=True) as link:
        print("[I] start proxy success:", link.replace("https", "http").rstrip("/"), flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
