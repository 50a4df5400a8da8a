"""What servers of our own have in common that serve each connection in a thread of its own."""

import socket
import threading

from .daemon import free_port


class Hangup(Exception):
    """The connection ends here."""


class Listener:
    """On loopback; `port` is one that nobody listens on, else a free one is taken."""

    def __init__(self, port=0):
        self.port = port or free_port()
        self._listener = None

    def start(self):
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=100)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self):
        """No more connections; those that are there go on."""
        if self._listener:
            # A thread that waits in accept() would keep the port open.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def serve(self, connection):
        """Speaks with a client; of its errors only those of the connection end here."""
        raise NotImplementedError

    def _accept(self):
        listener = self._listener
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self.serve(connection)
        except (OSError, Hangup, ValueError):
            pass
        finally:
            connection.close()
