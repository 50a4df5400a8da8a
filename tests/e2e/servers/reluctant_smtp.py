"""Puppets for accounts of members: behind TLS, with a login, and made to wait in the middle of a mail."""

import re
import threading
import time

from .puppet_smtp import Hangup, Says

WORDS = ["PIPELINING", "SIZE 41943040", "8BITMIME", "ENHANCEDSTATUSCODES", "AUTH PLAIN"]


class AccountServer(Says):
    """A well-behaved server that people may register. `answers` may be changed at any time."""

    def __init__(self, site, port, words=()):
        super().__init__({}, [*WORDS, *words], authority=site.authority, tls=True, port=port)

    def with_subject(self, subject):
        """The recipients and the contents of what was taken."""
        wanted = f"\r\nSubject: {subject}\r\n".encode()
        return [(to, content) for to, content in list(self.taken) if wanted in b"\r\n" + content]

    def said(self, beginning):
        return [line for line in list(self.heard) if line.startswith(beginning)]


class Impatient(AccountServer):
    """Ends a session that is kept for a next mail, with a word and without."""

    farewell = "421 4.4.2 idle for too long"

    def after_mail(self, session):
        time.sleep(0.3)
        if self.farewell:
            session.say(self.farewell)
        raise Hangup


class Holding(AccountServer):
    """Stops at one point of each mail to a recipient, until it is let go: `ann="DATA"`, `ann="."` for the
    end of the mail, `ann=500` for so many lines of its content."""

    def __init__(self, site, port, words=(), **points):
        super().__init__(site, port, words)
        self.points = {name: _Point(at) for name, at in points.items()}

    def answer(self, session, command):
        self._pass(session, command[:4])
        return super().answer(session, command)

    def hears(self, session, lines):
        self._pass(session, lines)

    def _pass(self, session, where):
        for recipient in session.recipients:
            point = self.points.get(recipient.partition("@")[0])
            if point and point.at == where:
                point.wait()

    def reached(self, name):
        return self.points[name].reached

    def let_go(self):
        for point in self.points.values():
            point.go_on.set()


class _Point:
    def __init__(self, at):
        self.at = at
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def wait(self):
        self.reached.set()
        self.go_on.wait(60)


def message_id(content):
    return re.search(rb"^Message-ID: (\S+)\r$", content, re.MULTILINE | re.IGNORECASE)[1]
