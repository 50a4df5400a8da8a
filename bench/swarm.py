"""Many Jabber users at little cost: a component of their server, in whose name they all speak."""

import re
import socket
import threading
import time
from hashlib import sha1
from xml.sax.saxutils import quoteattr


class Swarm:
    """The domain's users send what they are told to; what reaches them is counted, and answered only
    where `on_stanza` does so."""

    def __init__(self, server, domain, on_data=None):
        self.domain = domain
        self.counts = {}  # of b"<message", b"<presence", ... in what came
        self.seconds = {}  # second -> stanzas that came in it
        self._on_data = on_data
        self._tail = b""
        self._changed = threading.Condition()
        self._socket = socket.create_connection(("127.0.0.1", server.component_port))
        self._socket.sendall(
            f"<stream:stream xmlns='jabber:component:accept' "
            f"xmlns:stream='http://etherx.jabber.org/streams' to={quoteattr(domain)}>".encode())
        greeting = self._socket.recv(4096).decode()
        while "id=" not in greeting:
            greeting += self._socket.recv(4096).decode()
        stream = re.search(r"id=['\"]([^'\"]+)", greeting)[1]
        proof = sha1((stream + server.secret).encode()).hexdigest()
        self._socket.sendall(f"<handshake>{proof}</handshake>".encode())
        answer = self._socket.recv(4096)
        if b"handshake" not in answer:
            raise RuntimeError(f"the server refused the swarm: {answer!r}")
        threading.Thread(target=self._read, daemon=True).start()

    def jid(self, number, resource="r"):
        return f"user{number}@{self.domain}/{resource}"

    def send(self, xml):
        self._socket.sendall(xml if isinstance(xml, bytes) else xml.encode())

    def count(self, kind):
        with self._changed:
            return self.counts.get(kind, 0)

    def await_count(self, kind, wanted, seconds=120):
        deadline = time.monotonic() + seconds
        with self._changed:
            while self.counts.get(kind, 0) < wanted:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"{self.counts.get(kind, 0)} of {wanted} {kind} came")
                self._changed.wait(left)

    def _read(self):
        while data := self._socket.recv(1 << 18):
            # A tag's beginning may be cut in two.
            seen, window = self._tail, self._tail + data
            self._tail = window[-9:]
            with self._changed:
                for kind in ("message", "presence", "iq"):
                    mark = b"<" + kind.encode() + b" "
                    new = window.count(mark) - seen.count(mark)
                    self.counts[kind] = self.counts.get(kind, 0) + new
                    second = int(time.monotonic())
                    self.seconds[second] = self.seconds.get(second, 0) + new
                self._changed.notify_all()
            if self._on_data:
                self._on_data(data)
