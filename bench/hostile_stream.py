#!/usr/bin/python3
"""Hostile mails and messages against the one stream that all users share: does anything end it?

usage: bench/hostile_stream.py [--mails N] [--stanzas N] [--server prosody|ejabberd] [--seed N]

The mails (tests/e2e/hostile.py) are put into a mailbox in Dovecot and go all the way: fetcher, rules,
edge, Jabber server, client. The stanzas are sent by a member with accounts, to all kinds of contacts.
Each of the mails must become one message; at the end an ordinary mail and an ordinary message must come through,
and the component link must be the one that came up at the start. Needs script/build first.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import hostile  # noqa: E402
from mails import mail, unique  # noqa: E402
from member import Member  # noqa: E402
from postern import FORMS  # noqa: E402
from servers.daemon import wait_until  # noqa: E402
from servers.site import JABBER_SERVERS, Site  # noqa: E402

BATCH = 500


def send_mails(member, count, seed):
    """How many of them did not become a message each."""
    done = missing = 0
    contact = member.contact("work")
    while done < count:
        size = min(BATCH, count - done)
        mails = [hostile.mail(number) for number in range(seed + done, seed + done + size)]
        member.client.forget()
        member.site.dovecot.put(member.address, mails)
        done += size

        def announced():
            return len({chat.id for chat in member.client.messages if chat.sender == contact})
        try:
            wait_until(lambda: announced() >= size, 120, "all of the batch", pause=0.2)
        except TimeoutError:
            missing += size - announced()
        print(f"\r{done} mails", end="", flush=True)
    print()
    return missing


def send_stanzas(member, count, seed):
    places = [member.gateway, f"{member.gateway}/IMAP", member.contact("work"),
              f"{member.contact('work')}/IMAP/INBOX", member.contact("out"),
              member.address_contact("ann@elsewhere.test"), f"help@{member.gateway}"]
    done = 0
    while done < count:
        size = min(BATCH, count - done)
        for number in range(seed + done, seed + done + size):
            member.client.raw(hostile.stanza(number, places))
        done += size
        member.client.ping(member.gateway, seconds=60)
        member.client.forget()
        print(f"\r{done} stanzas", end="", flush=True)
    print()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--mails", type=int, default=50_000)
    options.add_argument("--stanzas", type=int, default=50_000)
    options.add_argument("--server", choices=sorted(JABBER_SERVERS), default="prosody")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    site = Site(chosen.server)
    postern = None
    try:
        site.start()
        postern = FORMS["services"](site.folder / "postern", site).start()
        member = Member(site.add_person("target"), site, postern)
        member.client.connect()
        member.register_imap("work")
        member.register_smtp("out")
        links = postern.metric("postern_edge_link_connects_total")

        start = time.monotonic()
        missing = send_mails(member, chosen.mails, chosen.seed)
        between = time.monotonic()
        send_stanzas(member, chosen.stanzas, chosen.seed)
        end = time.monotonic()

        subject = unique("afterwards")
        member.receive(mail(subject))
        member.client.await_message(subject, seconds=60)
        id = member.client.send(member.gateway, "To: ann@elsewhere.test\nSubject: x\n\nHello")
        member.client.await_receipt(id, seconds=60)
        ended = postern.revive_the_ended()
        lost_links = postern.metric("postern_edge_link_connects_total") - links
        print(f"{chosen.mails} mails in {between - start:.0f} s, {chosen.stanzas} stanzas in "
              f"{end - between:.0f} s; mails not announced: {missing}; streams that ended: "
              f"{lost_links:.0f}; processes that ended: {len(ended)}")
        return 1 if missing or lost_links or ended else 0
    finally:
        if postern:
            postern.stop()
        site.stop()


if __name__ == "__main__":
    sys.exit(main())
