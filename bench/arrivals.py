#!/usr/bin/python3
"""From "* n EXISTS" on the wire to the mail at the rules, with many mailboxes idle, beside imapflow.

usage: bench/arrivals.py [--accounts N] [--rate PER_SECOND] [--seconds S] [--binary PATH] [--quick]

A made-up mail server tells of new mails at random times to random accounts and notes when; the
made-up rules note when they are asked. imapflow, with as many mailboxes at the same server and the
same rate, fetches the mail's source at "exists" and notes when it has it. One clock for all; the
two wait side by side, and take turns with the arrivals.
"""

import sys
import time

from yard import (Authority, Fetcher, Park, clean, cpu, delays, folder, imapflow, imapflow_option,
                  options, percentile, spread, table, times)

HOSTS = tuple(f"127.0.0.{n}" for n in range(1, 5))
NAMES = ",".join(f"IP:{host}" for host in HOSTS)
P50, P99 = 2, 10  # milliseconds
GRACE = 3  # seconds for the last ones to come


class Side:
    """A client with its server and all its mailboxes in IDLE."""

    def __init__(self, place, authority, accounts, make):
        self.park = Park(place, authority, accounts, hosts=HOSTS).start()
        self.accounts = accounts
        self.seen, self.runs = set(), []
        # Starts the client; tells who answers "flush", where it notes the mails, and its process.
        self.client, self.noted, self.pid, self.stop_client = make(place, self.park)
        self.park.await_idle(accounts)

    def run(self, rate, seconds):
        """Notes the delays in milliseconds, how many mails never came, and the seconds of CPU."""
        before = cpu(self.pid)
        self.park.ask(f"rate {rate} {seconds} 0 {self.accounts - 1}")
        time.sleep(seconds + GRACE)
        used = cpu(self.pid) - before
        self.park.ask("flush")
        self.client.ask("flush")
        begun = {name: at for name, at in times(self.park.mails).items() if name not in self.seen}
        self.seen |= begun.keys()
        took = delays(begun, times(self.noted))
        self.runs.append((took, len(begun) - len(took), used))

    def stop(self):
        self.stop_client()
        self.park.stop()


def sides(chosen, place, authority):
    def ours(folder, park):
        fetcher = Fetcher(folder / "fetcher", authority, chosen.binary, chosen.accounts, park.port,
                          hosts=HOSTS).start()
        return fetcher.peers, fetcher.mails, fetcher.pid, fetcher.stop

    def theirs(folder, park):
        log = folder / "imapflow.log"
        peer = imapflow(chosen, authority, park, chosen.accounts, log).start()
        peer.ask("go")
        return peer, log, peer.pid, peer.stop

    made = {"postern-fetcher": ours}
    if chosen.imapflow.exists():
        made["imapflow"] = theirs
    for who, make in made.items():
        (place / who).mkdir(mode=0o755)
        yield who, Side(place / who, authority, chosen.accounts, make)


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
    parked = {}
    try:
        authority = Authority(place / "certificates", NAMES)
        for who, side in sides(chosen, place, authority):
            parked[who] = side
        time.sleep(GRACE)
        for _ in range(chosen.runs):
            for side in parked.values():
                side.run(chosen.rate, chosen.seconds)
    finally:
        for side in parked.values():
            side.stop()
        clean(place)
    rows = [row(who, side.runs) for who, side in parked.items()]
    table(f"EXISTS to the rules, {chosen.accounts} idle, {chosen.rate:g} a second; "
          f"target p50 {P50} ms, p99 {P99} ms",
          ["who", "mails", "lost", "p50 ms", "p99 ms", "max ms", "CPU us each"], rows)


if __name__ == "__main__":
    sys.exit(main())
