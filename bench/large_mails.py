#!/usr/bin/python3
"""The most memory that mails with large attachments take, beside mbsync at the same Dovecot.

usage: bench/large_mails.py [--mails N] [--megabytes N] [--runs N] [--binary PATH] [--quick]

A text of one line and an attachment. The fetcher reads header, structure and text; mbsync takes all
of it (to disk, without fsync).
"""

import sys

from mailboxes import Mailbox, WatchedMailbox, large_mail, mbsync
from yard import Authority, clean, folder, options, spread, table

TARGET = 64  # MiB at the peak


def main():
    parser = options(__doc__)
    parser.add_argument("--mails", type=int, default=200)
    parser.add_argument("--megabytes", type=int, default=25)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.mails, chosen.megabytes, chosen.runs = 10, 5, 1
    place = folder()
    parts = []
    try:
        authority = Authority(place / "certificates")
        box = Mailbox(place, authority, "large")
        parts.append(box)
        box.fill([])
        watched = WatchedMailbox(place, box, chosen.binary)
        parts.append(watched)
        box.fill_with_links(large_mail(chosen.megabytes * 2**20), chosen.mails)
        runs = {"postern-fetcher": [], "mbsync": []}
        for _ in range(chosen.runs):
            runs["postern-fetcher"].append(watched.run(chosen.mails))
            runs["mbsync"].append(mbsync(place, box, False))
    finally:
        for part in reversed(parts):
            part.stop()
        clean(place)
    rows = [[who, spread([peak / 2**20 for _, peak, _ in each]), spread([took for took, _, _ in each]),
             spread([cpu for _, _, cpu in each])] for who, each in runs.items()]
    table(f"{chosen.mails} mails of {chosen.megabytes} MiB, target {TARGET} MiB",
          ["who", "peak MiB", "seconds", "CPU seconds"], rows)


if __name__ == "__main__":
    sys.exit(main())
