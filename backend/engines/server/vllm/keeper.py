"""Runs a command, and ends it with all that it started as soon as whoever started this is gone, however that ended.

usage: keeper.py COMMAND…, with a pipe as standard input that the starter holds open and never writes to. Its end is the
one sign of the starter's death that every POSIX system gives, also where the starter was killed. A script of its own
with nothing of ours in it, since it stays in memory beside the model.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 8.0  # from the request to end to the end by force


def main() -> int:
    """The command's exit code; 128 and the number of the signal where one ended it, as in a shell."""
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_end_with_starter, args=(command,), daemon=True).start()
    code = command.wait()
    _kill(command)  # what it left behind: a vLLM that was killed leaves the process that holds the weights
    return code if code >= 0 else 128 - code


def _end_with_starter(command: "subprocess.Popen[bytes]") -> None:
    os.read(sys.stdin.fileno(), 1)  # not through Python's own buffer, whose lock would hold up the end of this process
    command.terminate()
    try:
        command.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(command)


def _kill(command: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of processes that have ended
        os.killpg(command.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
