#!/usr/bin/python3
"""Mail to chat, as a user feels it: from the moment Dovecot has a mail (LMTP answered) to the chat
message in the client, beside what a bare IMAP client hears (`* EXISTS` in IDLE) of the same mail.

usage: bench/mail_to_chat.py [--mails N] [--burst N] [--form services|all-in-one]

The difference of the two is what Postern and the Jabber server add. Then a burst: mails delivered
as fast as LMTP takes them, until the last is a chat message. Needs script/build first.
"""

import argparse
import statistics
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from mails import mail, unique  # noqa: E402
from member import Member  # noqa: E402
from postern import FORMS  # noqa: E402
from servers.site import Site  # noqa: E402


class BareListener:
    """An IMAP client that does nothing but IDLE, and notes when it hears of new mail."""

    def __init__(self, dovecot, user):
        self.heard = threading.Event()
        self.at = 0.0
        self.imap = dovecot.open(user)
        self.imap.select("INBOX", readonly=True)
        self.imap.send(b"i1 IDLE\r\n")
        self.imap.readline()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while line := self.imap.readline():
            if b"EXISTS" in line:
                self.at = time.monotonic()
                self.heard.set()


def milliseconds(values):
    ordered = sorted(1000 * value for value in values)
    return (f"min {ordered[0]:6.1f}   median {statistics.median(ordered):6.1f}   "
            f"p95 {ordered[int(len(ordered) * 0.95)]:6.1f}   max {ordered[-1]:6.1f} ms")


def one_by_one(member, listener, count):
    bare, chat, added = [], [], []
    for _ in range(count):
        subject = unique("bench")
        listener.heard.clear()
        member.receive(mail(subject))
        start = time.monotonic()
        message = member.client.await_message(subject, seconds=10)
        listener.heard.wait(10)
        bare.append(listener.at - start)
        chat.append(message.at - start)
        added.append(message.at - listener.at)
    print(f"{count} mails, one at a time")
    print(f"  IDLE of a bare client  {milliseconds(bare)}")
    print(f"  chat in the client     {milliseconds(chat)}")
    print(f"  Postern adds           {milliseconds(added)}")


def burst(member, count):
    subjects = [unique(f"burst {i}") for i in range(count)]
    start = time.monotonic()
    for subject in subjects:
        member.receive(mail(subject))
    delivered = time.monotonic()
    member.client.await_message(subjects[-1], seconds=120)
    end = time.monotonic()
    print(f"{count} mails at once: LMTP took them in {delivered - start:.2f} s, "
          f"all were chat after {end - start:.2f} s ({count / (end - start):.0f} a second)")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--mails", type=int, default=100)
    options.add_argument("--burst", type=int, default=500)
    options.add_argument("--form", choices=sorted(FORMS), default="services")
    chosen = options.parse_args()
    site = Site()
    try:
        site.start()
        postern = FORMS[chosen.form](site.folder / "postern", site).start()
        try:
            member = Member(site.add_person("juliet"), site, postern)
            member.client.connect()
            member.register_imap("work")
            one_by_one(member, BareListener(site.dovecot, member.address), chosen.mails)
            burst(member, chosen.burst)
            member.client.disconnect()
        finally:
            postern.stop()
    finally:
        site.stop()


if __name__ == "__main__":
    main()
