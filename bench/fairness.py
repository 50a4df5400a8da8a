#!/usr/bin/python3
"""Whether one account with 100,000 unread mails holds up the mails of 999 others.

usage: bench/fairness.py [--accounts N] [--unread N] [--rate PER_SECOND] [--seconds S] [--binary PATH]
                         [--quick]

From "* n EXISTS" to the rules, for the others alone, and while the backlog is being read.
"""

import sys
import time

from yard import (Authority, Fetcher, Park, clean, delays, folder, median, options, percentile,
                  spread, table, times)

TARGET = 2  # times the p99 alone
GRACE = 3


def p99(chosen, park, fetcher, seen):
    park.ask(f"rate {chosen.rate} {chosen.seconds} 1 {chosen.accounts - 1}")
    before = fetcher.peers.stat()[0]
    time.sleep(chosen.seconds)
    judged = fetcher.peers.stat()[0] - before
    time.sleep(GRACE)
    park.ask("flush")
    fetcher.peers.ask("flush")
    begun = {name: at for name, at in times(park.mails).items() if name not in seen}
    seen |= begun.keys()
    took = delays(begun, times(fetcher.mails))
    return percentile(took, 50), percentile(took, 99), len(begun) - len(took), judged - len(took)


def measure(chosen, authority):
    place = folder()
    park = Park(place, authority, chosen.accounts).start()
    fetcher = Fetcher(place / "fetcher", authority, chosen.binary, chosen.accounts, park.port)
    seen = set()
    try:
        fetcher.start()
        park.await_idle(chosen.accounts)
        time.sleep(GRACE)
        alone = p99(chosen, park, fetcher, seen)
        park.ask(f"add 0 {chosen.unread}")
        return alone, p99(chosen, park, fetcher, seen)
    finally:
        fetcher.stop()
        park.stop()
        clean(place)


def main():
    parser = options(__doc__)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--unread", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=int, default=15)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.accounts, chosen.unread, chosen.seconds, chosen.runs = 50, 5000, 3, 1
    place = folder()
    try:
        authority = Authority(place / "certificates")
        runs = []
        for _ in range(chosen.runs):
            runs.append(measure(chosen, authority))
            print(runs[-1], flush=True)
    finally:
        clean(place)
    rows = []
    for i, name in enumerate(("alone", "beside the backlog")):
        each = [run[i] for run in runs]
        rows.append([name, spread([p50 for p50, _, _, _ in each], "{:.2f}"),
                     spread([high for _, high, _, _ in each], "{:.2f}"),
                     sum(lost for _, _, lost, _ in each),
                     spread([max(0, read) / chosen.seconds for _, _, _, read in each], "{:.0f}")])
    ratio = median([beside[1] / alone[1] for alone, beside in runs])
    table(f"{chosen.accounts - 1} accounts, {chosen.rate:g} arrivals a second; p99 beside the backlog "
          f"is {ratio:.1f} times that alone, target {TARGET}",
          ["", "p50 ms", "p99 ms", "lost", "backlog a second"], rows)


if __name__ == "__main__":
    sys.exit(main())
