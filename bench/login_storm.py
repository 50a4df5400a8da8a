#!/usr/bin/python3
"""How long until all mailboxes are watched again after a restart, with the budgets lifted, and how
much of the CPU that takes is TLS.

usage: bench/login_storm.py [--accounts N] [--runs N] [--binary PATH] [--quick]

The handshake alone is measured by a client that does nothing else, at the same server.
"""

import subprocess
import sys
import time

from yard import (BIN, Authority, Fetcher, Park, clean, cpu, folder, median, options, spread,
                  table)

HOSTS = tuple(f"127.0.0.{n}" for n in range(1, 5))
NAMES = ",".join(f"IP:{host}" for host in HOSTS)
TARGET = 30  # seconds


def handshake(authority, park, count):
    """Seconds of the client's CPU for a handshake."""
    return float(subprocess.run([BIN / "bench_tls_handshakes", authority.ca, HOSTS[0],
                                 str(park.port), str(count)], check=True, capture_output=True,
                                text=True).stdout)


def storm(fetcher, park, accounts):
    fetcher.daemon.stop()
    while park.server.stat()[0]:
        time.sleep(0.1)
    start = time.monotonic()
    before = cpu(park.server.pid)
    fetcher.daemon.start()
    park.await_idle(accounts)
    return time.monotonic() - start, cpu(fetcher.pid), cpu(park.server.pid) - before


def main():
    parser = options(__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.accounts, chosen.runs = 200, 1
    place = folder()
    authority = Authority(place / "certificates", NAMES)
    park = Park(place, authority, chosen.accounts, hosts=HOSTS).start()
    fetcher = Fetcher(place / "fetcher", authority, chosen.binary, chosen.accounts, park.port,
                      hosts=HOSTS)
    try:
        fetcher.start()
        park.await_idle(chosen.accounts)
        runs = []
        for _ in range(chosen.runs):
            runs.append((*storm(fetcher, park, chosen.accounts), handshake(authority, park, 1000)))
            print(runs[-1], flush=True)
    finally:
        fetcher.stop()
        park.stop()
        clean(place)
    alone = median([each for _, _, _, each in runs]) * chosen.accounts
    rows = [[chosen.accounts, spread([took for took, _, _, _ in runs]),
             spread([ours for _, ours, _, _ in runs]), f"{alone:.1f}",
             f"{median([ours for _, ours, _, _ in runs]) / alone:.2f}",
             spread([theirs for _, _, theirs, _ in runs])]]
    table(f"All idle again after a restart, target {TARGET} s",
          ["accounts", "seconds", "CPU s", "TLS alone, CPU s", "ratio", "server's CPU s"], rows)


if __name__ == "__main__":
    sys.exit(main())
