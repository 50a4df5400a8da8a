"""Servers that no mail program should trust or wait for."""

import socket
import ssl
import threading


class RogueTls:
    """Greets like an IMAP server, behind a certificate that nobody signed."""

    def __init__(self, authority):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(authority.rogue, authority.rogue_key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard = b""  # whatever a client says after the handshake

    def start(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def stop(self):
        self._listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            try:
                with self._context.wrap_socket(connection, server_side=True) as stream:
                    stream.sendall(b"* OK ready\r\n")
                    self.heard += stream.recv(4096)
            except (OSError, ssl.SSLError):
                connection.close()


class Silent:
    """Accepts connections and never says a word."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]

    def start(self):
        return self

    def stop(self):
        self._listener.close()
