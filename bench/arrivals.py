#!/usr/bin/python3
"""From "* n EXISTS" on the wire to the mail at the rules, with many mailboxes idle, beside imapflow.

usage: bench/arrivals.py [--accounts N] [--rate PER_SECOND] [--seconds S] [--binary PATH] [--quick]

A made-up mail server tells of new mails at random times to random accounts and notes when; the
made-up rules note when they are asked. imapflow, with as many mailboxes at the same server and the
same rate, fetches the mail's source at "exists" and notes when it has it. One clock for all.
"""

import sys
import time

from yard import (Authority, Fetcher, Park, clean, cpu, delays, folder, imapflow, imapflow_option,
                  options, percentile, spread, table, times)

HOSTS = tuple(f"127.0.0.{n}" for n in range(1, 5))
NAMES = ",".join(f"IP:{host}" for host in HOSTS)
P50, P99 = 2, 10  # milliseconds
GRACE = 3  # seconds for the last ones to come


def arrivals(chosen, park, client, noted, pid):
    """Of each run the delays in milliseconds, how many mails never came, and the seconds of CPU."""
    runs, seen = [], set()
    for _ in range(chosen.runs):
        before = cpu(pid)
        park.ask(f"rate {chosen.rate} {chosen.seconds} 0 {chosen.accounts - 1}")
        time.sleep(chosen.seconds + GRACE)
        used = cpu(pid) - before
        park.ask("flush")
        client.ask("flush")
        begun = {name: at for name, at in times(park.mails).items() if name not in seen}
        seen |= begun.keys()
        took = delays(begun, times(noted))
        runs.append((took, len(begun) - len(took), used))
    return runs


def measure_ours(chosen, authority):
    place = folder()
    park = Park(place, authority, chosen.accounts, hosts=HOSTS).start()
    fetcher = Fetcher(place / "fetcher", authority, chosen.binary, chosen.accounts, park.port,
                      hosts=HOSTS)
    try:
        fetcher.start()
        park.await_idle(chosen.accounts)
        time.sleep(GRACE)
        return arrivals(chosen, park, fetcher.peers, fetcher.mails, fetcher.pid)
    finally:
        fetcher.stop()
        park.stop()
        clean(place)


def measure_imapflow(chosen, authority):
    place = folder()
    park = Park(place, authority, chosen.accounts, hosts=HOSTS).start()
    peer = imapflow(chosen, authority, park, chosen.accounts, place / "imapflow.log")
    try:
        peer.start()
        peer.ask("go")
        park.await_idle(chosen.accounts)
        time.sleep(GRACE)
        return arrivals(chosen, park, peer, place / "imapflow.log", peer.pid)
    finally:
        peer.stop()
        park.stop()
        clean(place)


def row(who, runs):
    def each(percent):
        return [percentile(took, percent) for took, _, _ in runs]
    return [who, sum(len(took) for took, _, _ in runs), sum(lost for _, lost, _ in runs),
            spread(each(50), "{:.2f}"), spread(each(99), "{:.2f}"), spread(each(100), "{:.1f}"),
            spread([1e6 * used / len(took) for took, _, used in runs], "{:.0f}")]


def main():
    parser = options(__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=int, default=20, help="of each run")
    imapflow_option(parser)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.accounts, chosen.seconds, chosen.runs = 200, 3, 1
    place = folder()
    try:
        authority = Authority(place / "certificates", NAMES)
        rows = [row("postern-fetcher", measure_ours(chosen, authority))]
        if chosen.imapflow.exists():
            rows.append(row("imapflow", measure_imapflow(chosen, authority)))
    finally:
        clean(place)
    table(f"EXISTS to the rules, {chosen.accounts} idle, {chosen.rate:g} a second; "
          f"target p50 {P50} ms, p99 {P99} ms",
          ["who", "mails", "lost", "p50 ms", "p99 ms", "max ms", "CPU us each"], rows)


if __name__ == "__main__":
    sys.exit(main())
