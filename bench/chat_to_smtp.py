#!/usr/bin/python3
"""From a chat message to the mail server that has its mail, one at a time, everything on the way on
disk first: client, Prosody, edge, rules, sender, a server with TLS and a login.

usage: bench/chat_to_smtp.py [--mails N] [--pause SECONDS] [--form services|all-in-one]

--pause between two messages: longer than a connection is kept, and each mail has a login of its own.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from mails import unique  # noqa: E402
from member import Member  # noqa: E402
from postern import FORMS  # noqa: E402
from servers.site import Site  # noqa: E402

P50 = 10  # milliseconds


def measure(member, mails, pause):
    contact = member.address_contact("ann@elsewhere.test")
    took = []
    for _ in range(mails):
        subject = unique("bench")
        number = len(member.site.recorder.received) + 1
        start = time.monotonic()
        member.client.send(contact, f"Subject: {subject}\n\nHow long does it take?")
        arrived = member.site.recorder.await_mail(number)
        took.append(1000 * (arrived.at - start))
        time.sleep(pause)
    return sorted(took)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--mails", type=int, default=200)
    options.add_argument("--pause", type=float, default=0.05)
    options.add_argument("--form", choices=sorted(FORMS), default="services")
    chosen = options.parse_args()
    site = Site()
    try:
        site.start()
        postern = FORMS[chosen.form](site.folder / "postern", site).start()
        try:
            member = Member(site.add_person("juliet"), site, postern)
            member.client.connect()
            member.register_smtp("out")
            measure(member, 5, 0)
            took = measure(member, chosen.mails, chosen.pause)
            member.client.disconnect()
        finally:
            postern.stop()
    finally:
        site.stop()
    print(f"{len(took)} messages, one at a time; target p50 {P50} ms\n  min {took[0]:.1f}   median "
          f"{statistics.median(took):.1f}   p95 {took[int(len(took) * 0.95)]:.1f}   "
          f"max {took[-1]:.1f} ms")


if __name__ == "__main__":
    main()
