"""Full mailboxes in Dovecot, and the programs that empty them beside the fetcher."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time

from yard import Fetcher, RedisLine, cpu, memory  # makes `servers` known

from servers.dovecot import Dovecot
from servers.mailbox_client import PASSWORD

USER = "mail"  # as root getmail delivers nothing, or forks for each mail and hangs at times
LINE = b"The quick brown fox jumps over the lazy dog and goes on its way to town.\r\n"


def small_mail(number, size):
    """A mail of `size` bytes."""
    head = (f"From: Ann Other <ann@elsewhere.test>\r\nTo: box@mail.test\r\nSubject: mail {number}\r\n"
            f"Message-ID: <{number}.bench@elsewhere.test>\r\nMIME-Version: 1.0\r\n"
            f"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"\r\n").encode()
    body = LINE * ((size - len(head)) // len(LINE) + 1)
    return (head + body)[:size - 2] + b"\r\n"


def large_mail(size):
    """A short text with an attachment that makes it `size` bytes."""
    head = (b"From: Ann Other <ann@elsewhere.test>\r\nTo: box@mail.test\r\nSubject: large\r\n"
            b"Message-ID: <large.bench@elsewhere.test>\r\nMIME-Version: 1.0\r\n"
            b"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
            b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n"
            b"Content-Type: text/plain; charset=utf-8\r\n\r\nSee the attachment.\r\n--cut\r\n"
            b"Content-Type: application/octet-stream; name=big.bin\r\n"
            b"Content-Disposition: attachment; filename=big.bin\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n")
    tail = b"--cut--\r\n"
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\r\n"
    return head + line * ((size - len(head) - len(tail)) // len(line)) + tail


class Mailbox:
    """One mailbox of a Dovecot of its own."""

    def __init__(self, place, authority, name):
        self.authority = authority
        self.place = place
        self.dovecot = Dovecot(place / "dovecot", authority).start()
        self.port = self.dovecot.imaps_port
        self.user = f"{name}@mail.test"
        self.mails = 0

    def fill(self, contents):
        self.dovecot.put(self.user, contents)
        self._count_and_warm()

    def fill_with_links(self, content, count):
        """The same bytes under many names: a file on disk for all of them."""
        self.dovecot.put(self.user, [content])
        inbox = self.dovecot.folder / "mail" / self.user.partition("@")[0] / "new"
        (first,) = inbox.iterdir()
        for number in range(1, count):
            os.link(first, inbox / f"{first.name.rpartition('.')[0]}x{number}.test")
        self._count_and_warm()

    # Dovecot gives out UIDs, reads sizes and dates, and keeps them.
    def _count_and_warm(self):
        with self.dovecot.open(self.user) as client:
            _, (count,) = client.select("INBOX")
            self.mails = int(count)
            if self.mails:
                client.fetch("1:*", "(UID RFC822.SIZE INTERNALDATE BODYSTRUCTURE)")
                client.fetch("1:*", "(BODY.PEEK[HEADER])")

    def read_all(self):
        """Every mail once, so that what the disk does counts for nobody."""
        with self.dovecot.open(self.user) as client:
            client.select("INBOX", readonly=True)
            for first in range(1, self.mails + 1, 500):
                last = min(first + 499, self.mails)
                client.fetch(f"{first}:{last}", "(BODY.PEEK[])")

    def stop(self):
        self.dovecot.stop()


class WatchedMailbox:
    """The fetcher for that mailbox. It has seen it empty; what came since it reads at each run."""

    def __init__(self, place, mailbox, binary):
        self.fetcher = Fetcher(place / "fetcher", mailbox.authority, binary, 1, mailbox.port,
                               login=mailbox.user, hosts=("localhost",))
        self.fetcher.start()
        self._line = RedisLine(self.fetcher.redis.port)
        self._await_cursor(0, 60)
        self.fetcher.daemon.stop()

    def run(self, last_uid, seconds=900):
        """Seconds from the start of the process until the cursor in Redis is at `last_uid`, the
        peak of its memory, and its seconds of CPU."""
        self._line.call("HSET", "postern:cursor:{park-0}", "last_uid", 0)
        start = time.monotonic()
        self.fetcher.daemon.start()
        try:
            self._await_cursor(last_uid, seconds)
            took = time.monotonic() - start
            return took, memory(self.fetcher.pid)[1], cpu(self.fetcher.pid)
        finally:
            self.fetcher.daemon.stop()

    def _await_cursor(self, last_uid, seconds):
        until = time.monotonic() + seconds
        while self.fetcher.cursor(self._line) != last_uid:
            if time.monotonic() > until:
                raise TimeoutError(f"the cursor is at {self.fetcher.cursor(self._line)}\n"
                                   f"{self.fetcher.daemon.tail()}")
            time.sleep(0.005)

    def stop(self):
        self.fetcher.stop()


def timed(command, **more):
    """Seconds, peak memory and CPU seconds of a command that has to succeed."""
    with tempfile.TemporaryFile() as problems:
        start = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=problems, **more)
        peak, ended = 0, 0
        # Not the kernel's own figure at the end: that one begins with the memory of who forked.
        while not ended:
            with contextlib.suppress(OSError, TypeError):  # it is just ending
                peak = memory(process.pid)[1]
            ended, status, use = os.wait4(process.pid, os.WNOHANG)
            time.sleep(0.01)
        took = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            problems.seek(0)
            raise RuntimeError(f"{command[0]}: {process.returncode}: {problems.read()[-500:]}")
    return took, peak, use.ru_utime + use.ru_stime


def _fresh(place, name):
    path = place / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    return path


def _secret(path, text):
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def mbsync(place, mailbox, fsync):
    home = _fresh(place, "mbsync")
    rc = _secret(home / "rc", f"""
FSync {"yes" if fsync else "no"}
IMAPStore far
Host localhost
Port {mailbox.port}
User {mailbox.user}
Pass {PASSWORD}
SSLType IMAPS
CertificateFile {mailbox.authority.ca}

MaildirStore near
Path {home}/
Inbox {home}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync Pull
SyncState *
""")
    figures = timed(["mbsync", "-q", "-q", "-c", rc, "all"])
    _check(mailbox, sum(len(list((home / "INBOX" / part).iterdir())) for part in ("cur", "new")))
    return figures


def fetchmail(place, mailbox):
    """Into one file, the fastest that it can do."""
    home = _fresh(place, "fetchmail")
    rc = _secret(home / "rc", f"""
poll localhost protocol imap service {mailbox.port}
  user "{mailbox.user}" password "{PASSWORD}"
  ssl sslcertck sslcertfile "{mailbox.authority.ca}" keep fetchall
""")
    box = home / "box"
    figures = timed(["fetchmail", "-s", "-f", rc, "--bsmtp", box],
                    env={**os.environ, "FETCHMAILHOME": str(home)})
    _check(mailbox, box.read_bytes().count(b"\nDATA\r\n"))
    return figures


def getmail(place, mailbox):
    home = _fresh(place, "getmail")
    for part in ("box", "box/cur", "box/new", "box/tmp"):
        (home / part).mkdir()
    _secret(home / "getmailrc", f"""
[retriever]
type = SimpleIMAPSSLRetriever
server = localhost
port = {mailbox.port}
username = {mailbox.user}
password = {PASSWORD}
ca_certs = {mailbox.authority.ca}
mailboxes = ("INBOX",)

[destination]
type = Maildir
path = {home}/box/

[options]
read_all = true
delete = false
verbose = 0
""")
    for path in (home, *home.rglob("*")):
        shutil.chown(path, USER)
    figures = timed(["getmail", f"--getmaildir={home}"], user=USER, group=USER, extra_groups=[])
    _check(mailbox, len(list((home / "box" / "new").iterdir())))
    return figures


def _check(mailbox, got):
    if got != mailbox.mails:
        raise RuntimeError(f"{got} of {mailbox.mails} mails came")
