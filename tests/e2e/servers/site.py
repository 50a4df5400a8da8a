"""All servers of one run together: certificates, a Jabber server, Dovecot, Postfix and a recording
SMTP server."""

import atexit
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import bad_imap, bad_pop3
from .broken import RogueTls, Silent
from .certificates import Authority
from .courier import Courier
from .cyrus import Cyrus
from .daemon import free_port
from .dovecot import Dovecot
from .ejabberd import Ejabberd
from .file_server import FileServer
from .mailbox_client import PASSWORD
from .postfix import DOMAIN, Postfix
from .prosody import Prosody
from .puppet_imap import Puppet
from .puppet_pop3 import Pop3Puppet
from .recording_smtp import RecordingSmtp
from .starttls_attacks import StarttlsAttacks

JABBER_SERVERS = {server.name: server for server in (Prosody, Ejabberd)}
# Dovecot is always there, for Postfix; people's mailboxes may be elsewhere.
OTHER_MAIL_SERVERS = {server.name: server for server in (Cyrus, Courier)}


@dataclass
class Person:
    """Somebody with a Jabber account and a mailbox."""
    name: str
    jid: str
    jabber_password: str
    address: str
    mail_password: str = PASSWORD


class Site:
    def __init__(self, jabber="prosody", c2s_port=0, mailboxes="dovecot", **jabber_options):
        self.folder = Path(tempfile.mkdtemp(prefix="postern-"))
        # Mail daemons drop their rights and must still reach their folders.
        self.folder.chmod(0o755)
        atexit.register(self.stop)
        # So that `finally` and atexit run when somebody ends us politely.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.authority = Authority(self.folder / "certificates")
        self.jabber = JABBER_SERVERS[jabber](self.folder / jabber, self.authority,
                                             "component secret", c2s_port,
                                             **jabber_options)
        self.dovecot = Dovecot(self.folder / "dovecot", self.authority)
        self.mailboxes = self.dovecot
        if mailboxes in OTHER_MAIL_SERVERS:
            self.mailboxes = OTHER_MAIL_SERVERS[mailboxes](self.folder / mailboxes, self.authority)
        self.postfix = Postfix(self.folder / "postfix", self.authority, self.dovecot)
        self.recorder = RecordingSmtp(self.authority)
        self.files = FileServer(self.authority)
        self.rogue = RogueTls(self.authority)
        self.silent = Silent()
        self.puppet = Puppet(self.authority, bad_imap.KINDS)
        self.pop3_puppet = Pop3Puppet(self.authority, bad_pop3.KINDS)
        self.attacks = StarttlsAttacks(self.authority)
        self.closed_port = free_port()
        # For servers that a story starts itself.
        self.spare_ports = [free_port() for _ in range(3)]
        self._started = []

    def start(self):
        servers = [self.jabber, self.dovecot, self.postfix, self.recorder, self.files, self.rogue, self.silent,
                   self.puppet, self.pop3_puppet, self.attacks]
        if self.mailboxes is not self.dovecot:
            servers.append(self.mailboxes)
        for server in servers:
            server.start()
            self._started.append(server)
        return self

    def stop(self):
        """Harmless twice."""
        while self._started:
            self._started.pop().stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.stop)

    @property
    def mail_ports(self):
        """Where the gateway may connect to; nobody listens on the last one."""
        boxes = self.mailboxes
        return [boxes.imap_port, boxes.imaps_port, boxes.pop3_port, boxes.pop3s_port, self.postfix.smtps_port,
                self.postfix.submission_port, self.recorder.port, self.rogue.port, self.silent.port, self.puppet.port,
                self.pop3_puppet.port, self.closed_port, self.files.port,
                *self.spare_ports, *self.attacks.ports.values()]

    def add_person(self, name):
        password = f"{name}-jabber"
        self.mailboxes.add_user(f"{name}@{DOMAIN}")
        return Person(name, self.jabber.add_user(name, password), password, f"{name}@{DOMAIN}")
