#!/usr/bin/python3
"""What 50 accounts notice of 1,000 others whose host is dead. Needs root.

usage: bench/dead_host.py [--good N] [--dead-for-each N] [--rate PER_SECOND] [--seconds S]
                          [--binary PATH] [--quick]

From "* n EXISTS" to the rules, for the good ones: alone, beside a host that refuses connections,
and beside one that swallows whatever it is sent. Budgets for log-ins are lifted.
"""

import random
import sys
import time

from cut_link import NOBODY, Wire
from yard import (Authority, Fetcher, Park, clean, cpu, delays, folder, median, options, percentile,
                  spread, table, times)

TARGET = 2  # times the p99 alone
GRACE = 3
HOST, REFUSES = "127.0.0.1", "127.0.0.9"


def measure(chosen, authority, dead):
    """Of the good ones: seconds until all are idle, delays, mails lost; and seconds of CPU."""
    place = folder()
    # The accounts take the hosts in turn.
    hosts = (HOST, *[dead] * (chosen.dead_for_each if dead else 0))
    park = Park(place, authority, chosen.good * len(hosts)).start()
    fetcher = Fetcher(place / "fetcher", authority, chosen.binary, chosen.good * len(hosts),
                      park.port, hosts=hosts)
    try:
        fetcher.start()
        idle = park.await_idle(chosen.good, 120)
        before = cpu(fetcher.pid)
        until = time.monotonic() + chosen.seconds
        while time.monotonic() < until:
            park.ask(f"add {random.randrange(chosen.good) * len(hosts)} 1")
            time.sleep(random.expovariate(chosen.rate))
        time.sleep(GRACE)
        used = cpu(fetcher.pid) - before
        park.ask("flush")
        fetcher.peers.ask("flush")
        begun = times(park.mails)
        took = delays(begun, times(fetcher.mails))
        failed = fetcher.peers.stat()[6]
        return idle, percentile(took, 50), percentile(took, 99), len(begun) - len(took), used, failed
    finally:
        fetcher.stop()
        park.stop()
        clean(place)


def main():
    parser = options(__doc__, runs=3)
    parser.add_argument("--good", type=int, default=50)
    parser.add_argument("--dead-for-each", type=int, default=20)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=int, default=15)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.good, chosen.seconds, chosen.runs = 10, 5, 1
    cases = {"alone": None, "beside one that refuses": REFUSES, "beside one that swallows": NOBODY}
    runs = {name: [] for name in cases}
    place = folder()
    try:
        authority = Authority(place / "certificates")
        with Wire():
            for _ in range(chosen.runs):
                for name, dead in cases.items():
                    runs[name].append(measure(chosen, authority, dead))
                    print(name, runs[name][-1], flush=True)
    finally:
        clean(place)
    rows = []
    for name, each in runs.items():
        ratio = median([run[2] / alone[2] for run, alone in zip(each, runs["alone"])])
        rows.append([name, spread([run[0] for run in each]),
                     *(spread([run[i] for run in each], "{:.2f}") for i in (1, 2)), f"{ratio:.1f}",
                     sum(run[3] for run in each), spread([run[4] for run in each], "{:.2f}"),
                     max(run[5] for run in each)])
    table(f"{chosen.good} accounts beside {chosen.good * chosen.dead_for_each} of one dead host; "
          f"target {TARGET} times the p99 alone",
          ["", "all idle s", "p50 ms", "p99 ms", "times", "lost", "CPU s", "told as failing"], rows)


if __name__ == "__main__":
    sys.exit(main())
