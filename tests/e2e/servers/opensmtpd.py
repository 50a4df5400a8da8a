"""OpenSMTPD. What it takes goes on by LMTP, from everybody. Debian's can't use the key of any certificate
with OpenSSL 3 (OpenSMTPD issue 1171), so TLS ends in front of it, and there is neither STARTTLS nor AUTH."""

from pathlib import Path

from .daemon import Daemon, free_port
from .separate_root import SeparateRoot
from .tls_front import TlsFront

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
        self.submission_port = free_port()  # in the clear
        self.front = TlsFront(authority, self.submission_port)
        self.smtps_port = self.front.port
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
        self.front.start()
        return self

    def stop(self):
        self.front.stop()
        if self.daemon:
            self.daemon.kill()
        self.root.release()
