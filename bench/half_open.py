#!/usr/bin/python3
"""How soon connections that died without a word are found, and mail comes again. Needs root.

usage: bench/half_open.py [--accounts N] [--budgets] [--binary PATH] [--quick]

The mail server is behind a wire that is cut while all accounts wait in IDLE. Each gets a mail
meanwhile. The wire is mended when the last connection was found dead, and the budgets for log-ins
are lifted unless --budgets is given.
"""

import re
import subprocess
import sys
import time

from cut_link import HOST, Wire, park_at_the_end
from yard import (Authority, Fetcher, clean, folder, options, percentile, spread, table, times)

LIMIT = 4 * 60 + 60  # seconds: an IDLE and a minute more
SETTLE = 5


def connections():
    """Those that the fetcher believes in: its end's."""
    told = subprocess.run(["ss", "-Htn", "state", "established", "dst", HOST], check=True,
                          capture_output=True, text=True).stdout
    return len(told.splitlines())


def watch_die(seconds):
    """When, in seconds from now, how many were left."""
    begun = time.monotonic()
    left = connections()
    found = []
    while left and time.monotonic() - begun < seconds:
        time.sleep(1)
        now = connections()
        found += [time.monotonic() - begun] * max(0, left - now)
        left = min(left, now)
    return found, left


def measure(chosen, authority, wire):
    place = folder()
    park = park_at_the_end(place, authority, chosen.accounts).start()
    fetcher = Fetcher(place / "fetcher", authority, chosen.binary, chosen.accounts, park.port,
                      hosts=(HOST,))
    if chosen.budgets:
        words = fetcher.daemon.command
        fetcher.daemon.command = words[:next((i for i, word in enumerate(words) if re.match(
            r"--connects-per", str(word))), len(words))]
    try:
        fetcher.start()
        park.await_idle(chosen.accounts)
        time.sleep(SETTLE)
        wire.cut()
        for account in range(chosen.accounts):
            park.ask(f"add {account} 1")
        found, left = watch_die(LIMIT)
        wire.mend()
        mended = time.monotonic_ns()
        while len(read(fetcher)) < chosen.accounts:
            if time.monotonic_ns() - mended > LIMIT * 1_000_000_000:
                break
            time.sleep(1)
        came = sorted((at - mended) / 1e9 for at in read(fetcher).values())
        return found, left, came
    finally:
        wire.mend()
        fetcher.stop()
        park.stop()
        clean(place)


def read(fetcher):
    fetcher.peers.ask("flush")
    return times(fetcher.mails)


def main():
    parser = options(__doc__, runs=1)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--budgets", action="store_true", help="log in as fast as the defaults allow")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.accounts, chosen.runs = 50, 1
    place = folder()
    try:
        authority = Authority(place / "certificates", f"IP:{HOST}")
        with Wire() as wire:
            runs = [measure(chosen, authority, wire) for _ in range(chosen.runs)]
    finally:
        clean(place)
    rows = []
    for name, index in (("found dead, from the cut", 0), ("mail came, from the mending", 2)):
        each = [sorted(run[index]) for run in runs]
        missing = sum(chosen.accounts - len(values) for values in each)
        rows.append([name, missing, *(spread([percentile(values, percent) for values in each if values])
                                      for percent in (0, 50, 99, 100))])
    table(f"{chosen.accounts} connections in IDLE whose wire was cut; limit {LIMIT} s",
          ["", "missing", "first s", "p50 s", "p99 s", "last s"], rows)


if __name__ == "__main__":
    sys.exit(main())
