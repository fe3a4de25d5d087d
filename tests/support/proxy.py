"""A network between a browser and an app that can be cut and let through again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Network:
    """Passes connections on. While it is cut there are none, and none can be made."""

    def __init__(self, target: str) -> None:
        address = urlsplit(target)
        self._target = (address.hostname or "", address.port or 80)
        self._server = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._lock, self._open = threading.Lock(), set[socket.socket]()
        self._is_cut = False
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Ends all connections."""
        with self._lock:
            self._is_cut = True
            for each in self._open:
                _end(each)
            self._open.clear()

    def let_through(self) -> None:
        """New ones can be made."""
        with self._lock:
            self._is_cut = False

    def close(self) -> None:
        """There is no network any more."""
        self.cut()
        _end(self._server)

    def _accept(self) -> None:
        with suppress(OSError):  # of a server that is closed
            while True:
                client, _ = self._server.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        with self._lock:
            try:
                if self._is_cut:
                    raise ConnectionRefusedError
                server = socket.create_connection(self._target)
            except OSError:
                return _end(client)
            self._open |= {client, server}
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):  # of a connection that was cut
            while data := source.recv(65_536):
                sink.sendall(data)
        with self._lock:
            self._open -= {source, sink}
        _end(source)
        _end(sink)


def _end(end: socket.socket) -> None:
    with suppress(OSError):  # it has ended already
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def network(target: str) -> Iterator[Network]:
    """One in front of the app at this address."""
    made = Network(target)
    try:
        yield made
    finally:
        made.close()
