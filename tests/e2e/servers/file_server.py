"""An HTTPS server of files, as an upload service (XEP-0363) has one, and of answers that are none."""

import http.server
import ssl
import threading
import time
from dataclasses import dataclass, field

from .daemon import free_port


@dataclass
class Page:
    status: int = 200
    content: bytes = b""
    headers: dict = field(default_factory=dict)
    delay: float = 0         # seconds before the answer
    failures: int = 0        # so many are answered 503 first


class FileServer:
    """`pages` maps paths to what is there; `asked` has the paths that were asked for,
    `posted` what was sent: paths and bodies."""

    def __init__(self, authority):
        self.port = free_port()
        self.pages = {}
        self.asked = []
        self.posted = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.certificate, authority.key)
        self._context = context
        self._server = None

    def url(self, path):
        return f"https://localhost:{self.port}{path}"

    def put(self, path, content=b"", status=200, delay=0, failures=0, **headers):
        """Answers the URL of what is there from now on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Page(status, content, named, delay, failures)
        return self.url(path)

    def start(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                page = outer.pages.get(self.path, Page(404, b"nothing"))
                time.sleep(page.delay)
                self.send_response(503 if page.failures > 0 else page.status)
                page.failures -= 1
                headers = {"Content-Length": str(len(page.content)), **page.headers}
                for name, value in headers.items():
                    if value is not None:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(page.content)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posted.append((self.path, body))
                self.do_GET()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        # Each handshake in the thread of its connection.
        self._server.socket = self._context.wrap_socket(self._server.socket, server_side=True,
                                                        do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
