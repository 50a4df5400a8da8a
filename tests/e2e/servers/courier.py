"""Courier: IMAP and POP3 over TLS. Its folders hang below INBOX, it looks for new mail once a
second while a client idles, and it knows neither CONDSTORE nor LITERAL+."""

import shutil
import time
import uuid
from pathlib import Path

from .daemon import Daemon, accepts, free_port, wait_until
from .mailbox_client import PASSWORD, MailboxClient
from .separate_root import SeparateRoot

# /run is not a layer of its own.
START = """
mkdir -p /run/courier && mount -t tmpfs -o mode=755 tmpfs /run/courier || exit 1
mkdir /run/courier/authdaemon && chown courier:courier /run/courier/authdaemon
sed -i 's/^authmodulelist=.*/authmodulelist="authuserdb"/' /etc/courier/authdaemonrc
rm -f /etc/courier/userdb*
touch /etc/courier/userdb && chmod 600 /etc/courier/userdb && makeuserdb
set -a
. /etc/courier/authdaemonrc
/usr/lib/courier/courier-authlib/authdaemond &
. /etc/courier/imapd
. /etc/courier/imapd-ssl
. /etc/courier/pop3d
. /etc/courier/pop3d-ssl
IMAP_IDLE_TIMEOUT=1
TLS_CERTFILE={folder}/certificate.pem
TLS_CACHEFILE=
TLS_TRUSTCERTS=
prefix=/usr exec_prefix=/usr bindir=/usr/bin sbindir=/usr/sbin libexecdir=/usr/lib/courier
listen() {{
  couriertcpd -address=127.0.0.1 -maxprocs=200 -maxperip=200 -nodnslookup -noidentlookup "$@" &
}}
imap="/usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir"
pop3="/usr/lib/courier/courier/courierpop3login /usr/lib/courier/courier/courierpop3d Maildir"
IMAP_STARTTLS=YES listen {imap_port} $imap
IMAP_TLS=1 listen {imaps_port} /usr/bin/couriertls -server -tcpd -user=courier $imap
POP3_STARTTLS=YES listen {pop3_port} $pop3
POP3_TLS=1 POP3_STARTTLS=NO listen {pop3s_port} /usr/bin/couriertls -server -tcpd -user=courier $pop3
wait
"""


class Courier(MailboxClient):
    name = "courier"
    prefix = "INBOX."
    tells_within = 2

    def __init__(self, folder, authority):
        self.folder = Path(folder)
        self.authority = authority
        self.root = SeparateRoot("courier", ["courier-imap", "courier-pop"])
        self.imap_port = free_port()
        self.imaps_port = free_port()
        self.pop3_port = free_port()
        self.pop3s_port = free_port()
        self.daemon = None

    def start(self):
        self.root.install()
        self.folder.mkdir()
        both = self.folder / "certificate.pem"
        both.write_text(Path(self.authority.key).read_text()
                        + Path(self.authority.certificate).read_text())
        script = START.format(**vars(self))
        self.daemon = Daemon("courier", self.root.command("sh", "-c", script),
                             self.folder / "courier.log")
        self.daemon.start(self.imaps_port)
        wait_until(lambda: accepts(self.pop3s_port), 10, "courier's POP3")
        return self

    def stop(self):
        # Nothing here outlives the run: no need to ask first.
        if self.daemon:
            self.daemon.kill()
        self.root.release()

    def kill(self):
        self.daemon.kill()

    def add_user(self, address):
        home = self.folder / "homes" / address
        for name in ("cur", "new", "tmp"):
            (home / "Maildir" / name).mkdir(parents=True)
        for path in (home, *home.rglob("*")):
            shutil.chown(path, "mail", "mail")
        script = """
        hash=$(printf '%s\\n' "$3" | userdbpw -md5) &&
        userdb "$1" set uid=8 gid=8 home="$2" mail="$2/Maildir" systempw="$hash" && makeuserdb
        """
        self.root.run("sh", "-c", script, "sh", address, home, PASSWORD, beside=self.daemon)

    def deliver(self, recipient, content, sender="sender@elsewhere.test"):
        """As a mail server would that shares the disk."""
        inbox = self.folder / "homes" / recipient / "Maildir"
        path = inbox / "tmp" / f"{time.time():.6f}.{uuid.uuid4().hex}.test"
        path.write_bytes(f"Return-Path: <{sender}>\n".encode() + content.replace(b"\r\n", b"\n"))
        shutil.chown(path, "mail", "mail")
        path.rename(inbox / "new" / path.name)
