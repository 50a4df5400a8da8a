"""An SMTP server that remembers what it was told, and refuses what a test wants refused."""

import asyncio
import logging
import ssl
import threading
import time
import warnings
from dataclasses import dataclass, field
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from .daemon import free_port, wait_until
from .mailbox_client import PASSWORD


@dataclass
class Received:
    """One accepted mail: its envelope and its content."""
    sender: str
    recipients: list
    content: bytes
    login: str
    at: float = field(default_factory=time.monotonic)

    @property
    def mail(self):
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def subject(self):
        return self.mail["Subject"]


class RecordingSmtp:
    """`refusals` maps a recipient, or the part before its @, to the reply that it gets."""

    def __init__(self, authority):
        self.port = free_port()
        self.refusals = {"refused": "550 5.1.1 no such person here",
                         "later": "450 4.2.0 mailbox busy, try later"}
        self.data_delay = 0
        self._received = []
        self._changed = threading.Condition()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(authority.certificate, authority.key)
        self._controller = None

    def start(self):
        self._controller = _Controller(self, hostname="127.0.0.1", port=self.port,
                                       ssl_context=self._context)
        self._controller.start()
        return self

    def stop(self):
        if self._controller:
            self._controller.stop()
            self._controller = None

    @property
    def received(self):
        with self._changed:
            return list(self._received)

    def with_subject(self, subject):
        return [mail for mail in self.received if mail.subject == subject]

    def await_subject(self, subject, seconds=10):
        """The first accepted mail with that subject."""
        return wait_until(lambda: self.with_subject(subject), seconds,
                          f"a mail with the subject {subject!r} at the SMTP server")[0]

    def await_mail(self, number, seconds=10):
        """The accepted mail of that number, from 1. Doesn't look into mails meanwhile: for benches."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._received) >= number, seconds):
                raise AssertionError(f"mail {number} did not come in {seconds} s")
            return self._received[number - 1]

    # What aiosmtpd calls.

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusal = self.refusals.get(address) or self.refusals.get(address.partition("@")[0])
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        if self.data_delay:
            await asyncio.sleep(self.data_delay)
        login = session.auth_data.decode() if session.auth_data else ""
        with self._changed:
            self._received.append(Received(envelope.mail_from, list(envelope.rcpt_tos),
                                           envelope.original_content, login))
            self._changed.notify_all()
        return "250 2.0.0 taken"

    @staticmethod
    def authenticate(server, session, envelope, mechanism, data):
        good = data.password == PASSWORD.encode()
        # The login is what later shows in `Received`; a refusal is answered by the caller (535).
        return AuthResult(success=good, handled=False, auth_data=data.login if good else None)


class _Controller(Controller):
    def factory(self):
        # aiosmtpd can't see that the listener itself is TLS, and warns at each connection.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        warnings.filterwarnings("ignore", module="aiosmtpd")
        return SMTP(self.handler, hostname="localhost", authenticator=self.handler.authenticate,
                    auth_required=True, auth_require_tls=False, enable_SMTPUTF8=True,
                    data_size_limit=41943040)
