"""TLS in front of a server that has none."""

import select
import socket
import ssl

from .listener import Listener


class TlsFront(Listener):
    """Decrypts for the server at `behind`, as stunnel does. One request at a time: the client waits for
    what the server says, as mail clients do."""

    def __init__(self, authority, behind):
        super().__init__()
        self._behind = behind
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(authority.certificate, authority.key)

    def serve(self, connection):
        with (socket.create_connection(("127.0.0.1", self._behind)) as server,
              self._context.wrap_socket(connection, server_side=True) as client):
            sides = {client: server, server: client}
            while True:
                ready = [client] if client.pending() else select.select([*sides], [], [])[0]
                for side in ready:
                    data = side.recv(65536)
                    if not data:
                        return
                    sides[side].sendall(data)
