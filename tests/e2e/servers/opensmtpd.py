"""OpenSMTPD. What it takes goes on by LMTP. In the clear, and from everybody: Debian's can't use the key
of any certificate with OpenSSL 3, so there is no TLS with it, and no AUTH without."""

from pathlib import Path

from .daemon import Daemon, free_port
from .separate_root import SeparateRoot

CONFIG = """
smtp max-message-size 40M
listen on 127.0.0.1 port {submission_port} hostname localhost
action onward relay host "lmtp://127.0.0.1:{lmtp_port}"
match from any for any rcpt-to regex "^nobody" reject
match from any for any action onward
"""

# Whoever was there before left mail behind; that is no business of this run.
SCRIPT = """
rm -rf /var/spool/smtpd/queue/* /var/spool/smtpd/incoming/* /var/spool/smtpd/temporary/*
mount -t tmpfs none /run
exec smtpd -d -f {config}
"""


class OpenSmtpd:
    def __init__(self, folder, authority, sink):
        self.folder = Path(folder)
        self.root = SeparateRoot("opensmtpd", ["opensmtpd"])
        self.submission_port = free_port()
        self.lmtp_port = sink.port
        self.daemon = None

    def start(self):
        self.root.install()
        self.folder.mkdir()
        config = self.folder / "smtpd.conf"
        config.write_text(CONFIG.format(**vars(self)))
        self.daemon = Daemon("opensmtpd", self.root.command("sh", "-ec", SCRIPT.format(config=config)),
                             self.folder / "output.log")
        self.daemon.start(self.submission_port)
        return self

    def stop(self):
        if self.daemon:
            self.daemon.kill()
        self.root.release()
