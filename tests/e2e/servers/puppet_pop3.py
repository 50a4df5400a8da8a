"""A POP3 server of our own: well-behaved, or as one of the kinds of bad_pop3, by the user name."""

import time
from datetime import timedelta
from email.utils import format_datetime, localtime

from mails import mail

from .puppet_imap import Hangup, Puppet


class Pop3Session:
    """One connection of a client. It sees what was there at its login."""

    # Told before the login, and so of all kinds alike.
    capabilities = ["USER", "UIDL", "TOP", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING"]

    def __init__(self, puppet, connection):
        self.puppet = puppet
        self.connection = connection
        self.file = connection.makefile("rb")
        self.user = None
        self.mails = {}  # by number

    def say(self, text):
        self.connection.sendall(text if isinstance(text, bytes) else text.encode())

    def say_lines(self, lines):
        self.say("".join(f"{line}\r\n" for line in ["+OK", *lines, "."]))

    def read(self):
        line = self.file.readline()
        if not line:
            raise Hangup
        return line.decode(errors="replace").rstrip("\r\n")

    def open(self):
        """Right after the login."""
        self.mails = dict(enumerate(self.puppet.boxes[self.user].mails.values(), 1))

    def converse(self):
        while True:
            word, _, arguments = self.read().partition(" ")
            self.puppet.commands[self.user][word.upper()] += 1
            getattr(self, f"on_{word.lower()}", self.on_other)(arguments)

    def on_other(self, _):
        self.say("-ERR unknown here\r\n")

    def on_noop(self, _):
        self.say("+OK\r\n")

    def on_quit(self, _):
        self.say("+OK\r\n")
        raise Hangup

    def on_capa(self, _):
        self.say_lines(self.capabilities)

    def on_stat(self, _):
        self.say(f"+OK {len(self.mails)} {sum(map(len, self.mails.values()))}\r\n")

    def on_uidl(self, _):
        self.say_lines(self.ids())

    def ids(self):
        return [f"{number} {self.id_of(number)}" for number in self.mails]

    def id_of(self, number):
        """Each mail begins with a line of its own."""
        return self.mails[number].partition(b"\r\n")[0].decode().rpartition(" ")[2]

    def on_list(self, number):
        self.say(f"+OK {number} {len(self.mails[int(number)])}\r\n")

    def on_top(self, arguments):
        head, blank, _ = self.mails[int(arguments.split()[0])].partition(b"\r\n\r\n")
        self.say(b"+OK\r\n" + head + blank + b".\r\n")

    def on_retr(self, number):
        self.say(b"+OK\r\n" + self.mails[int(number)].replace(b"\r\n.", b"\r\n..") + b".\r\n")


class Pop3Puppet(Puppet):
    def receive(self, user, subject, body="text", ago=0):
        """`ago`: so many seconds before now."""
        box = self.boxes[user]
        uid = box.uid_next
        date = format_datetime(localtime() - timedelta(seconds=ago))
        content = mail(subject, body).as_bytes().replace(b"\n", b"\r\n")
        box.mails[uid] = f"X-Id: {uid}\r\nReceived: from puppet; {date}\r\n".encode() + content

    def _greet(self, connection):
        session = Pop3Session(self, connection)
        session.say("+OK puppet\r\n")
        while True:
            word, _, argument = session.read().partition(" ")
            if word.upper() == "PASS" and session.user:
                break
            if word.upper() == "USER":
                session.user = argument
                session.__class__ = self.kind_of(argument, Pop3Session)
                session.say("+OK\r\n")
            elif word.upper() in ("CAPA", "QUIT"):
                getattr(session, f"on_{word.lower()}")("")
            else:
                session.say("-ERR log in first\r\n")
        self.logins[session.user].append(time.monotonic())
        session.open()
        session.say("+OK hello\r\n")
        session.converse()
