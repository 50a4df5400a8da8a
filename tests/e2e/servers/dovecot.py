"""Dovecot: IMAP and POP3 over TLS, LMTP for delivery, and the password check of the submission server."""

import shutil
import smtplib
import time
import uuid
from pathlib import Path

from .daemon import Daemon, find_program, free_port
from .mailbox_client import PASSWORD, MailboxClient

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
listen = 127.0.0.1
protocols = imap pop3 lmtp
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%n
mail_max_userip_connections = 200
default_client_limit = 2000
default_process_limit = 500
auth_mechanisms = plain login scram-sha-256 scram-sha-1
auth_failure_delay = 0
disable_plaintext_auth = yes
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/mail/%n allow_all_users=yes
}}
mail_plugins = quota
protocol imap {{
  mail_plugins = quota imap_quota
}}
plugin {{
  quota = maildir:User quota
  quota_rule = *:storage=1G
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    special_use = \\Sent
  }}
  mailbox Trash {{
    special_use = \\Trash
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3_port}
  }}
  inet_listener pop3s {{
    port = {pop3s_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
service auth {{
  inet_listener {{
    port = {auth_port}
  }}
}}
# Wrong passwords are part of the stories: no penalty for the next log-in from this address.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


class Dovecot(MailboxClient):
    name = "dovecot"

    def __init__(self, folder, authority):
        self.folder = Path(folder)
        self.folder.mkdir()
        (self.folder / "mail").mkdir()
        (self.folder / "mail").chmod(0o777)
        self.authority = authority
        self.imap_port = free_port()   # STARTTLS
        self.imaps_port = free_port()  # TLS from the first byte
        self.pop3_port = free_port()   # STLS
        self.pop3s_port = free_port()  # TLS from the first byte
        self.lmtp_port = free_port()
        self.auth_port = free_port()
        config = self.folder / "dovecot.conf"
        config.write_text(CONFIG.format(
            folder=self.folder, password=PASSWORD, certificate=authority.certificate,
            key=authority.key, imap_port=self.imap_port, imaps_port=self.imaps_port,
            pop3_port=self.pop3_port, pop3s_port=self.pop3s_port, lmtp_port=self.lmtp_port,
            auth_port=self.auth_port))
        self.daemon = Daemon("dovecot", [find_program("dovecot"), "-F", "-c", config],
                             self.folder / "dovecot.log")

    def start(self):
        self.daemon.start(self.imaps_port)
        return self

    def stop(self):
        self.daemon.stop()

    def kill(self):
        self.daemon.kill()

    def add_user(self, address):
        """Whoever asks has a mailbox."""

    def deliver(self, recipient, content, sender="sender@elsewhere.test"):
        """Puts a mail into a mailbox as a mail server would: by LMTP."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            lmtp.sendmail(sender, [recipient], content)

    def put(self, user, contents):
        """Puts mails, or what passes for them, into a mailbox that has been opened before, by the
        back door: LMTP would mend some and refuse others."""
        inbox = self.folder / "mail" / user.partition("@")[0]
        for content in contents:
            path = inbox / "tmp" / f"{time.time():.6f}.{uuid.uuid4().hex}.test"
            path.write_bytes(content)
            shutil.chown(path, "mail", "mail")
            path.rename(inbox / "new" / path.name)
