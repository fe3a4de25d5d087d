"""What has to hold before anything is loaded: an address to serve at, a folder to write to, a terminal to print on."""

import errno
import io
import os
import socket
import sys
import tempfile
from pathlib import Path


def check_port(host: str, port: int) -> None:
    """Raises OSError where nothing can be served there."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":  # elsewhere it takes a port from whoever has it; here, from who has closed it
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:  # the latter of a name that no host could have
        if isinstance(error, (socket.gaierror, UnicodeError)) or error.errno == errno.EADDRNOTAVAIL:
            raise OSError(f"{host} isn't an address of this machine. Choose another with --host.") from error
        raise OSError(f"Port {port} of {host} can't be used. Choose another with --port.") from error


def writable(folder: Path) -> Path:
    """The folder, in which something could be written. Raises OSError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
            probe.flush()
    except OSError as error:
        raise OSError(
            f"Images can't be saved in {folder} ({error.strerror}). Set GRADIO_TEMP_DIR to another folder."
        ) from error
    return folder


def print_anywhere() -> None:
    """What a terminal has no character for is printed as a question mark, where it else would end the app."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
