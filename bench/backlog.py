#!/usr/bin/python3
"""How fast a full mailbox is read, until the place where to go on is safe on disk, beside mbsync,
fetchmail and getmail at the same Dovecot.

usage: bench/backlog.py [--mails N] [--bytes N] [--few N] [--runs N] [--binary PATH] [--quick]

Ours: from the start of the process until the cursor in Redis (appendfsync always) is at the last
mail; each mail has been parsed, judged by the rules and taken by the edge (both made up). The
others: a whole run into an empty folder or file. All over TLS, warm, in turn. Those that are slow
(mbsync with fsync, fetchmail, getmail) read a mailbox of --few mails.
"""

import sys

from mailboxes import Mailbox, WatchedMailbox, fetchmail, getmail, mbsync, small_mail
from yard import Authority, clean, folder, options, spread, table

TARGET = 5000  # mails a second


def main():
    parser = options(__doc__)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--few", type=int, default=1_000, help="for the slow ones")
    parser.add_argument("--bytes", type=int, default=4096)
    parser.add_argument("--only-ours", action="store_true")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.mails, chosen.few, chosen.runs = 500, 100, 1
    place = folder()
    parts = []
    try:
        authority = Authority(place / "certificates")
        boxes = {}
        for name, count in (("many", chosen.mails), ("few", chosen.few)):
            (place / name).mkdir(mode=0o755)
            box = boxes[name] = Mailbox(place / name, authority, name)
            parts.append(box)
            box.fill([])
            if name == "many":
                watched = WatchedMailbox(place / name, box, chosen.binary)
                parts.append(watched)
            box.fill([small_mail(i, chosen.bytes) for i in range(count)])
            box.read_all()
        ways = {"postern-fetcher": ("many", lambda: watched.run(chosen.mails))}
        if not chosen.only_ours:
            ways |= {"mbsync, FSync no": ("many", lambda: mbsync(place, boxes["many"], False)),
                     "mbsync, FSync yes": ("few", lambda: mbsync(place, boxes["few"], True)),
                     "fetchmail to a file": ("few", lambda: fetchmail(place, boxes["few"])),
                     "getmail6 to Maildir": ("few", lambda: getmail(place, boxes["few"]))}
        results = {who: [] for who in ways}
        for number in range(chosen.runs):
            for who, (box, run) in ways.items():
                results[who].append((*run(), boxes[box].mails))
                print(number, who, results[who][-1], flush=True)
    finally:
        for part in reversed(parts):
            part.stop()
        clean(place)
    rows = []
    ours = sorted(mails / took for took, _, _, mails in results["postern-fetcher"])
    ours = ours[len(ours) // 2]
    for who, runs in results.items():
        rates = [mails / took for took, _, _, mails in runs]
        rows.append([who, runs[0][3], spread(rates, "{:.0f}"),
                     f"{ours / sorted(rates)[len(rates) // 2]:.1f}",
                     spread([1e6 * cpu / mails for _, _, cpu, mails in runs], "{:.0f}"),
                     spread([peak / 2**20 for _, peak, _, _ in runs])])
    table(f"Mailbox of {chosen.bytes} byte mails, target {TARGET} a second and ahead of all",
          ["who", "mails", "a second", "ours is … times that", "CPU us each", "peak MiB"], rows)


if __name__ == "__main__":
    sys.exit(main())
