"""Postfix: a submission server with TLS and SASL; mail for the site goes on to Dovecot by LMTP."""

import os
import subprocess
from pathlib import Path

from .daemon import Daemon, find_program, free_port

DOMAIN = "mail.test"

MAIN = """
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = regexp:{folder}/etc/mailboxes
virtual_transport = lmtp:inet:127.0.0.1:{lmtp_port}
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth_port}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_unlisted_recipient, permit_sasl_authenticated, reject
# Mail for this domain is taken, and goes to a server that refuses it.
transport_maps = inline:{{ {{ bounces.test = smtp:[127.0.0.1]:{refusing_port} }} }}
# Nothing of a test leaves this machine.
default_transport = error:mail for other domains stops here
message_size_limit = 41943040
"""

MASTER = """
{smtps_port}  inet  n  -  n  -  -  smtpd -o smtpd_tls_wrappermode=yes
{submission_port}  inet  n  -  n  -  -  smtpd
127.0.0.1:{refusing_port}  inet  n  -  n  -  -  smtpd -o myhostname=far.test -o smtpd_tls_security_level=none -o smtpd_sasl_auth_enable=no -o smtpd_relay_restrictions= -o {{ smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ bounces.test = 550 5.1.1 nobody of that name here }} }}, reject }}
smtp      unix  -  -  n  -  -  smtp
cleanup   unix  n  -  n  -  0  cleanup
qmgr      unix  n  -  n  300  1  qmgr
tlsmgr    unix  -  -  n  1000?  1  tlsmgr
rewrite   unix  -  -  n  -  -  trivial-rewrite
bounce    unix  -  -  n  -  0  bounce
defer     unix  -  -  n  -  0  bounce
trace     unix  -  -  n  -  0  bounce
proxymap  unix  -  -  n  -  -  proxymap
anvil     unix  -  -  n  -  1  anvil
error     unix  -  -  n  -  -  error
retry     unix  -  -  n  -  -  error
lmtp      unix  -  -  n  -  -  lmtp
postlog   unix-dgram n  -  n  -  1  postlogd
"""

# Everybody at the site has a mailbox, but for addresses that begin with "nobody".
MAILBOXES = r"""
if !/^nobody/
/@mail\.test$/ OK
endif
"""


class Postfix:
    more = ""  # settings that come behind those above, and go before

    def __init__(self, folder, authority, dovecot):
        self.folder = Path(folder)
        self.smtps_port = free_port()       # TLS from the first byte
        self.submission_port = free_port()  # STARTTLS
        self.refusing_port = free_port()    # another server, whose users are nobody
        for part in ("", "etc", "queue", "data"):
            (self.folder / part).mkdir()
            (self.folder / part).chmod(0o755)
        values = dict(folder=self.folder, domain=DOMAIN, lmtp_port=dovecot.lmtp_port,
                      auth_port=dovecot.auth_port, certificate=authority.certificate,
                      key=authority.key, smtps_port=self.smtps_port,
                      submission_port=self.submission_port, refusing_port=self.refusing_port)
        etc = self.folder / "etc"
        (etc / "main.cf").write_text(MAIN.format(**values) + self.more)
        (etc / "master.cf").write_text(MASTER.format(**values))
        (etc / "mailboxes").write_text(MAILBOXES)
        self.daemon = Daemon("postfix", [self._setting("daemon_directory") + "/master", "-c", etc,
                                         "-d"], self.folder / "master.log")

    def start(self):
        self._make_queue()
        self.daemon.start(self.smtps_port)
        return self

    def stop(self):
        self.daemon.stop()

    def kill(self):
        self.daemon.kill()

    def _setting(self, name):
        answer = subprocess.run(
            [find_program("postconf"), "-c", str(self.folder / "etc"), "-h", name],
            check=True, capture_output=True, text=True)
        return answer.stdout.strip()

    def _make_queue(self):
        """What `postfix check` makes of an empty queue folder, without its look at system files."""
        subprocess.run(["chown", "postfix", self.folder / "data"], check=True)
        for part in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold",
                     "incoming", "private", "saved", "trace"):
            self._queue_folder(part, "postfix:root", 0o700)
        self._queue_folder("public", "postfix:postdrop", 0o710)
        self._queue_folder("maildrop", "postfix:postdrop", 0o730)
        self._queue_folder("pid", "root:root", 0o755)
        for part in ("etc/main.cf", "etc/master.cf"):
            os.chown(self.folder / part, 0, 0)

    def _queue_folder(self, part, owner, mode):
        path = self.folder / "queue" / part
        path.mkdir(exist_ok=True)
        subprocess.run(["chown", owner, path], check=True)
        path.chmod(mode)


class OpenPostfix(Postfix):
    """Takes mail from everybody, encrypted or not, and is otherwise as Debian has it."""
    more = """
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = no
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = reject_unlisted_recipient, permit_mynetworks, reject
in_flow_delay = 0
"""
