"""Cyrus IMAP: IMAP and POP3 over TLS, LMTP for delivery. It marks what is new to a session as
\\Recent in its own way, has "/" between folders, CONDSTORE, QRESYNC and SCRAM."""

import shutil
import smtplib
from pathlib import Path

from .daemon import Daemon, free_port
from .mailbox_client import PASSWORD, MailboxClient
from .separate_root import SeparateRoot

CONFIG = """
configdirectory: {folder}/config
defaultpartition: default
partition-default: {folder}/spool
proc_path: {folder}/run/proc
mboxname_lockpath: {folder}/run/lock
lmtpsocket: {folder}/run/lmtp
idlesocket: {folder}/run/idle
notifysocket: {folder}/run/notify
duplicate_db_path: {folder}/config/deliver.db
altnamespace: yes
unixhierarchysep: yes
virtdomains: userid
defaultdomain: nowhere.test
autocreate_quota: 0
autocreate_post: yes
autocreate_sieve_script: no
popminpoll: 0
maxlogins_per_user: 0
allowplaintext: no
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb
sasl_mech_list: PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-1
tls_server_cert: {folder}/certificate.pem
tls_server_key: {folder}/key.pem
tls_session_timeout: 0
syslog_prefix: cyrus
sieveusehomedir: false
sievedir: {folder}/sieve
"""

SERVICES = """
START {{
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C {folder}/imapd.conf -r"
  idled cmd="/usr/lib/cyrus/bin/idled -C {folder}/imapd.conf"
}}
SERVICES {{
  imap cmd="/usr/lib/cyrus/bin/imapd -C {folder}/imapd.conf" listen="127.0.0.1:{imap_port}" prefork=0
  imaps cmd="/usr/lib/cyrus/bin/imapd -s -C {folder}/imapd.conf" listen="127.0.0.1:{imaps_port}" prefork=1
  pop3 cmd="/usr/lib/cyrus/bin/pop3d -C {folder}/imapd.conf" listen="127.0.0.1:{pop3_port}" prefork=0
  pop3s cmd="/usr/lib/cyrus/bin/pop3d -s -C {folder}/imapd.conf" listen="127.0.0.1:{pop3s_port}" prefork=0
  lmtp cmd="/usr/lib/cyrus/bin/lmtpd -a -C {folder}/imapd.conf" listen="127.0.0.1:{lmtp_port}" prefork=0
}}
EVENTS {{
  checkpoint cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C {folder}/imapd.conf -c" period=600
}}
"""


class Cyrus(MailboxClient):
    name = "cyrus"
    separator = "/"

    def __init__(self, folder, authority):
        self.folder = Path(folder)
        self.authority = authority
        self.root = SeparateRoot("cyrus", ["cyrus-imapd", "cyrus-pop3d", "sasl2-bin"])
        self.imap_port = free_port()
        self.imaps_port = free_port()
        self.pop3_port = free_port()
        self.pop3s_port = free_port()
        self.lmtp_port = free_port()
        self.daemon = None

    def start(self):
        self.root.install()
        for name in ("", "config", "config/socket", "spool", "run", "run/proc", "run/lock", "sieve"):
            (self.folder / name).mkdir()
        for source, name in ((self.authority.certificate, "certificate.pem"),
                             (self.authority.key, "key.pem")):
            shutil.copy(source, self.folder / name)
        (self.folder / "imapd.conf").write_text(CONFIG.format(folder=self.folder))
        (self.folder / "cyrus.conf").write_text(SERVICES.format(**vars(self)))
        self.add_user("nobody@nowhere.test")
        self._hand_over()
        self.daemon = Daemon("cyrus", self.root.command(
            "/usr/lib/cyrus/bin/master", "-C", self.folder / "imapd.conf",
            "-M", self.folder / "cyrus.conf", "-p", self.folder / "run/master.pid"),
            self.folder / "cyrus.log")
        self.daemon.start(self.imaps_port)
        return self

    def stop(self):
        # Nothing here outlives the run: no need to ask first.
        if self.daemon:
            self.daemon.kill()
        self.root.release()

    def kill(self):
        self.daemon.kill()

    def add_user(self, address):
        name, _, domain = address.partition("@")
        self.root.run("/usr/sbin/saslpasswd2", "-c", "-p", "-f", self.folder / "sasldb",
                      "-u", domain, name, beside=self.daemon, input=PASSWORD)
        if self.daemon:
            self._hand_over()

    def deliver(self, recipient, content, sender="sender@elsewhere.test"):
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            lmtp.sendmail(sender, [recipient], content)

    def _hand_over(self):
        """The daemons drop their rights."""
        self.root.run("chown", "-R", "cyrus:mail", self.folder, beside=self.daemon)
