"""An SMTP server of our own that misbehaves on demand: one kind of misbehaviour for each puppet."""

import socket
import ssl
import struct
import time

from .listener import Hangup, Listener


class Puppet(Listener):
    """A well-behaved server; the misbehaving ones differ in a few words. `taken` has what arrived,
    `heard` every line outside of contents."""

    words = ["PIPELINING", "SIZE 1000000", "8BITMIME", "ENHANCEDSTATUSCODES"]

    def __init__(self, authority=None, tls=False, port=0):
        super().__init__(port)
        self.tls = tls
        self.taken = []  # (recipients, content)
        self.heard = []
        self.sessions = 0
        self._context = None
        if authority:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(authority.certificate, authority.key)

    def serve(self, connection):
        self.sessions += 1
        session = Session(self, connection)
        try:
            if self.tls:
                session.encrypt()
            session.serve()
        finally:
            session.connection.close()

    # What a puppet does otherwise.

    def send(self, session, data):
        session.connection.sendall(data)

    def answer(self, session, command):
        """The reply to a command, or None for the usual one; "." is the end of a mail."""
        return None

    def hears(self, session, lines):
        """So many lines of a content were read."""

    def after_mail(self, session):
        """A mail was taken or refused, and its sender was told."""


class Session:
    def __init__(self, puppet, connection):
        self.puppet = puppet
        self.connection = connection
        self.file = connection.makefile("rb")
        self.encrypted = False
        self.begun = False  # MAIL was taken
        self.recipients = []

    def say(self, text):
        self.puppet.send(self, text.encode() + b"\r\n")

    def encrypt(self):
        self.connection = self.puppet._context.wrap_socket(self.connection, server_side=True)
        self.file = self.connection.makefile("rb")
        self.encrypted = True

    def reset(self):
        """RST, in place of a farewell."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The file holds the socket open as well.
        self.file.close()
        self.connection.close()
        raise Hangup

    def line(self):
        line = self.file.readline()
        if not line:
            raise Hangup
        return line.decode(errors="replace").rstrip("\r\n")

    def reply(self, command, usual):
        answer = self.puppet.answer(self, command)
        answer = usual if answer is None else answer
        if answer:
            self.say(answer)
        return answer

    def serve(self):
        self.reply("", "220 puppet")
        while True:
            command = self.line()
            self.puppet.heard.append(command)
            getattr(self, f"on_{command[:4].lower().strip()}", self.on_other)(command)

    def on_other(self, command):
        self.reply(command, "500 5.5.2 what?")

    def on_ehlo(self, command):
        words = ["puppet", *self.puppet.words]
        self.reply(command, "\r\n".join(
            f"250{' ' if word is words[-1] else '-'}{word}" for word in words))

    def on_star(self, command):
        answer = self.reply(command, "220 2.0.0 go")
        if answer.startswith("220"):
            self.encrypt()

    def on_auth(self, command):
        self.reply(command, "235 2.7.0 in")

    def on_mail(self, command):
        self.recipients = []
        self.begun = self.reply(command, "250 2.1.0 ok").startswith("250")

    def on_rcpt(self, command):
        if self.reply(command, "250 2.1.5 ok" if self.begun else "503 5.5.1 no").startswith("250"):
            self.recipients.append(command.split("<")[1].split(">")[0])

    def on_data(self, command):
        if not self.reply(command, "354 go" if self.recipients else "503 5.5.1 no").startswith("354"):
            return
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise Hangup
            lines.append(line[1:] if line.startswith(b".") else line)
            self.puppet.hears(self, len(lines))
        # A mail counts as taken also where the client is not told.
        self.content = b"".join(lines)
        if self.reply(".", "250 2.0.0 taken").startswith("250"):
            self.puppet.taken.append((list(self.recipients), self.content))
        self.puppet.after_mail(self)

    def on_rset(self, command):
        self.recipients = []
        self.reply(command, "250 2.0.0 ok")

    def on_quit(self, command):
        self.reply(command, "221 2.0.0 bye")
        raise Hangup


class Says(Puppet):
    """Answers commands that begin so with something else: `answers` as {"MAIL": "421 no"}; the empty
    word stands for the greeting, "." for the end of a mail."""

    def __init__(self, answers, words=None, **options):
        super().__init__(**options)
        self.answers = answers
        if words is not None:
            self.words = words

    def answer(self, session, command):
        for prefix, answer in self.answers.items():
            if command.startswith(prefix) if prefix else not command:
                # One of several is for each time in turn.
                return answer if isinstance(answer, str) else (
                    answer.pop(0) if answer else None)
        return None


class ByteByByte(Puppet):
    def send(self, session, data):
        for i in range(len(data)):
            session.connection.sendall(data[i:i + 1])
            time.sleep(0.0005)


class ResetsBehindTheDot(Puppet):
    """Takes the mail, and breaks the connection; from the second time on it behaves."""

    def answer(self, session, command):
        if command == "." and not self.taken:
            self.taken.append((list(session.recipients), session.content))
            session.reset()
        return None


class EndlessReply(Puppet):
    def answer(self, session, command):
        while command.startswith("MAIL"):
            session.say("250-and more")
        return None
