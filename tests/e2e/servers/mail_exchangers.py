"""Mail servers of domains, each at an address of its own on one port, and the web server that has
their MTA-STS policies."""

import http.server
import ssl
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

from .daemon import free_port, wait_until


@dataclass
class Delivered:
    """A mail that an exchanger took."""
    sender: str
    recipients: list
    content: bytes
    encrypted: bool
    helo: str

    @property
    def subject(self):
        return message_from_bytes(self.content, policy=policy.default)["Subject"]


class Exchanger:
    """A mail server for anybody's mail; with an authority's certificate it offers STARTTLS.
    `refusals` maps the part before a recipient's @ to the reply that it gets."""

    def __init__(self, address, port, authority=None):
        self.refusals = {"nobody": "550 5.1.1 no such person here"}
        self.connections = 0
        self._received = []
        context = None
        if authority:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(authority.certificate, authority.key)
        self._controller = Controller(self, hostname=address, port=port, tls_context=context,
                                      enable_SMTPUTF8=True)

    def start(self):
        self._controller.start()
        return self

    def stop(self):
        self._controller.stop()

    def with_subject(self, subject):
        return [mail for mail in list(self._received) if mail.subject == subject]

    def await_subject(self, subject, seconds=10):
        return wait_until(lambda: self.with_subject(subject), seconds,
                          f"a mail with the subject {subject!r} at a mail exchanger")[0]

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusal = self.refusals.get(address.partition("@")[0])
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self._received.append(Delivered(envelope.mail_from, list(envelope.rcpt_tos),
                                        envelope.original_content, session.ssl is not None,
                                        session.host_name))
        return "250 2.0.0 taken"


class PolicyServer:
    """https://mta-sts.DOMAIN/.well-known/mta-sts.txt for the domains of `policies`."""

    def __init__(self, authority):
        self.port = free_port()
        self.policies = {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                domain = self.headers["Host"].partition(":")[0].removeprefix("mta-sts.")
                text = outer.policies.get(domain)
                found = text and self.path == "/.well-known/mta-sts.txt"
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "text/plain")
                self.end_headers()
                self.wfile.write((text if found else "nothing here").encode())

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.certificate, authority.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def start(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
