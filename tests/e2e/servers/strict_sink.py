"""A server for mail, by SMTP or LMTP, that takes nothing for a line end but CR LF, and remembers what
came as it came."""

import re
from dataclasses import dataclass

from .listener import Hangup, Listener

LONGEST_LINE = 998


class Improper(Exception):
    """A byte that does not belong here."""


@dataclass
class Taken:
    sender: str
    recipients: list
    content: bytes
    parameters: list  # of MAIL and of each RCPT

    @property
    def subject(self):
        found = re.search(rb"^Subject: (.*)\r$", self.content, re.MULTILINE)
        return found[1].decode() if found else None


class StrictSink(Listener):
    """`by_chunks`: it offers CHUNKING. What was improper is in `complaints`; the connection ends."""

    def __init__(self, lmtp=False, by_chunks=True):
        super().__init__()
        self.lmtp = lmtp
        self.taken = []
        self.complaints = []
        self.commands = []  # of all sessions
        self.words = ["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if by_chunks:
            self.words.append("CHUNKING")

    # What Postfix is told (servers/postfix.py).
    lmtp_port = property(lambda self: self.port)
    auth_port = 1

    def serve(self, connection):
        try:
            _Session(self, connection).serve()
        except Improper as problem:
            self.complaints.append(str(problem))


class _Session:
    def __init__(self, sink, connection):
        self.sink = sink
        self.connection = connection
        self.buffer = b""
        self.mail = None
        self.chunks = b""

    def serve(self):
        self.say("220 strict")
        while self.answer(self.line().decode()):
            pass

    def say(self, *lines):
        for i, line in enumerate(lines):
            mark = " " if i + 1 == len(lines) else "-"
            self.connection.sendall(f"{line[:3]}{mark}{line[4:]}\r\n".encode())

    def more(self):
        data = self.connection.recv(65536)
        if not data:
            raise Hangup
        self.buffer += data

    def line(self):
        while b"\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\n", 1)
        if not line.endswith(b"\r"):
            raise Improper(f"a bare LF behind {line[-60:]!r}")
        return proper(line[:-1])

    def bytes(self, count):
        while len(self.buffer) < count:
            self.more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def answer(self, line):
        self.sink.commands.append(line)
        word, _, rest = line.partition(" ")
        word = word.upper()
        if word in ("EHLO", "LHLO"):
            self.say("250 strict", *(f"250 {keyword}" for keyword in self.sink.words))
        elif word == "MAIL":
            path, *parameters = rest.split(" ")
            self.mail = Taken(path[6:-1], [], b"", [parameters])
            self.chunks = b""
            self.say("250 2.1.0 ok")
        elif word == "RCPT" and self.mail:
            path, *parameters = rest.split(" ")
            self.mail.recipients.append(path[4:-1])
            self.mail.parameters.append(parameters)
            self.say("250 2.1.5 ok")
        elif word == "DATA" and self.mail and self.mail.recipients:
            self.say("354 go")
            self.take(self.dotted())
        elif word == "BDAT" and self.mail and self.mail.recipients:
            self.chunk(rest.upper().split(" "))
        elif word in ("RSET", "NOOP"):
            self.mail = None
            self.say("250 2.0.0 ok")
        elif word == "QUIT":
            self.say("221 2.0.0 bye")
            return False
        else:
            self.say("503 5.5.1 not now")
        return True

    def dotted(self):
        lines = []
        while (line := self.line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(line + b"\r\n" for line in lines)

    def chunk(self, arguments):
        self.chunks += self.bytes(int(arguments[0]))
        if arguments[1:] != ["LAST"]:
            self.say("250 2.6.0 more")
            return
        *lines, rest = self.chunks.split(b"\r\n")
        if rest:
            raise Improper(f"no line end behind {rest[-60:]!r}")
        for line in lines:
            proper(line)
        self.take(self.chunks)

    def take(self, content):
        self.mail.content = content
        self.sink.taken.append(self.mail)
        for _ in self.mail.recipients if self.sink.lmtp else [""]:
            self.say("250 2.0.0 taken")
        self.mail = None


def proper(line):
    for name, byte in (("CR", b"\r"), ("LF", b"\n"), ("NUL", b"\0")):
        if byte in line:
            raise Improper(f"a bare {name} in {line[:200]!r}")
    if len(line) > LONGEST_LINE + 1:  # a doubled dot does not count
        raise Improper(f"a line of {len(line)} bytes: {line[:60]!r}")
    return line
