"""An IMAP server of our own that misbehaves on demand. What goes wrong after the login is chosen by
the user name, what goes wrong before it by the port."""

import base64
import re
import socket
import ssl
import threading
import time
from collections import Counter, defaultdict

from mails import mail


class Hangup(Exception):
    """The connection ends here."""


class Mailbox:
    """Of one user: mails by UID, and the sessions to tell of new ones."""

    def __init__(self):
        self.uid_validity = 7
        self.mails = {}  # by UID, in order
        self.sessions = set()

    @property
    def uid_next(self):
        return max(list(self.mails), default=0) + 1

    def number(self, uid):
        return list(self.mails).index(uid) + 1


class Session:
    """One connection of a client; a well-behaved server. The misbehaving ones differ in a few
    words."""

    capabilities = "IMAP4rev1 SASL-IR IDLE"

    def __init__(self, puppet, connection):
        self.puppet = puppet
        self.connection = connection
        self.file = connection.makefile("rb")
        self.mailbox = None
        self.idle_tag = None
        self.told = 0  # how many mails the client knows of
        self.user = None
        self.lock = threading.Lock()

    def say(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        with self.lock:
            self.connection.sendall(data)

    def read(self):
        line = self.file.readline()
        if not line:
            raise Hangup
        self.puppet.heard[self.user].append(line)
        return line.decode(errors="replace").rstrip("\r\n")

    def converse(self):
        while True:
            line = self.read()
            if line.upper() == "DONE" and self.idle_tag:
                self.say(f"{self.idle_tag} OK IDLE ended\r\n")
                self.idle_tag = None
                continue
            tag, _, rest = line.partition(" ")
            word, _, arguments = rest.partition(" ")
            if word.upper() == "UID":
                word, _, arguments = arguments.partition(" ")
                word = f"UID_{word}"
            self.puppet.commands[self.user][word.upper()] += 1
            getattr(self, f"on_{word.lower()}", self.on_other)(tag, arguments)

    def on_other(self, tag, arguments):
        self.say(f"{tag} BAD unknown here\r\n")

    def on_noop(self, tag, arguments):
        self.say(f"{tag} OK\r\n")

    def on_capability(self, tag, arguments):
        self.say(f"* CAPABILITY {self.capabilities}\r\n{tag} OK\r\n")

    def on_logout(self, tag, arguments):
        self.say(f"* BYE\r\n{tag} OK\r\n")
        raise Hangup

    def on_examine(self, tag, arguments):
        box = self.mailbox
        self.told = len(box.mails)
        self.say(f"* {self.told} EXISTS\r\n* OK [UIDVALIDITY {box.uid_validity}]\r\n"
                 f"* OK [UIDNEXT {box.uid_next}]\r\n{tag} OK [READ-ONLY]\r\n")

    on_select = on_examine

    def on_idle(self, tag, arguments):
        self.idle_tag = tag
        self.say("+ idling\r\n")
        if self.told != len(self.mailbox.mails):  # some came since the last IDLE
            Session.tell(self)

    def on_uid_fetch(self, tag, arguments):
        uids, _, items = arguments.partition(" ")
        for uid in self.uids(uids):
            self.say(self.data(uid, items.upper()))
        self.say(f"{tag} OK\r\n")

    def uids(self, text):
        """Those of a set like "3,5:9,12:*": the last one too where a range begins above it."""
        last = max(list(self.mailbox.mails), default=0)
        wanted = set()
        for piece in text.split(","):
            first, _, end = piece.partition(":")
            first = last if first == "*" else int(first)
            end = last if end == "*" else int(end or first)
            wanted |= set(range(min(first, end), max(first, end) + 1))
        # The test adds mails from its own thread meanwhile.
        return [uid for uid in list(self.mailbox.mails) if uid in wanted]

    def data(self, uid, items):
        content = self.mailbox.mails[uid]
        values = [f"UID {uid}".encode()]
        if "RFC822.SIZE" in items:
            values.append(f"RFC822.SIZE {len(content)}".encode())
        if "INTERNALDATE" in items:
            values.append(b'INTERNALDATE "' + time.strftime(
                "%d-%b-%Y %H:%M:%S +0000", time.gmtime()).encode() + b'"')
        if "FLAGS" in items:
            values.append(b"FLAGS ()")
        if "BODY.PEEK[" in items or "BODY[" in items:
            values.append(b"BODY[]<0> {%d}\r\n" % len(content) + content)
        number = self.mailbox.number(uid)
        return b"* %d FETCH (" % number + b" ".join(values) + b")\r\n"

    def tell(self):
        """A new mail is there."""
        if self.idle_tag:
            self.told = len(self.mailbox.mails)
            self.say(f"* {self.told} EXISTS\r\n")


class Puppet:
    """Sessions by user name, from `kinds`; every name has a mailbox, every password is right."""

    def __init__(self, authority, kinds):
        self.kinds = kinds
        self.boxes = defaultdict(Mailbox)
        self.commands = defaultdict(Counter)  # by user: how often which
        self.heard = defaultdict(list)        # by user: every line, None: before the login
        self.logins = defaultdict(list)       # by user: when
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(authority.certificate, authority.key)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self._listener.getsockname()[1]

    def start(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self):
        self._listener.close()

    def receive(self, user, subject, body="text"):
        box = self.boxes[user]
        box.mails[box.uid_next] = mail(subject, body).as_bytes().replace(b"\n", b"\r\n")
        for session in list(box.sessions):
            try:
                session.tell()
            except (OSError, Hangup):
                pass

    def kind_of(self, user, usual):
        return self.kinds.get(re.sub(r"-?\d+$", "", user), usual)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self._greet(self._context.wrap_socket(connection, server_side=True))
        except (OSError, Hangup, ValueError):
            pass
        finally:
            connection.close()

    def _greet(self, connection):
        session = Session(self, connection)
        session.say(f"* OK [CAPABILITY {session.capabilities} AUTH=PLAIN] puppet\r\n")
        while session.user is None:
            tag, word, *arguments = session.read().split(" ")
            if word.upper() == "CAPABILITY":
                session.say(f"* CAPABILITY {session.capabilities} AUTH=PLAIN\r\n{tag} OK\r\n")
            elif word.upper() == "LOGOUT":
                session.on_logout(tag, "")
            elif word.upper() == "AUTHENTICATE":
                session.user = base64.b64decode(arguments[1]).split(b"\0")[1].decode()
            else:
                session.say(f"{tag} BAD log in first\r\n")
        session.__class__ = self.kind_of(session.user, Session)
        session.mailbox = self.boxes[session.user]
        session.mailbox.sessions.add(session)
        self.logins[session.user].append(time.monotonic())
        try:
            session.say(f"{tag} OK [CAPABILITY {session.capabilities}] hello\r\n")
            session.converse()
        finally:
            session.mailbox.sessions.discard(session)
