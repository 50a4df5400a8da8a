#!/usr/bin/python3
"""How many mails a second the sender takes, each on disk before it is answered, beside Postfix.

usage: bench/submit.py [--mails N] [--callers N] [--bytes N] [--runs N] [--binary PATH] [--quick]

Nothing is delivered meanwhile: ours are to be sent tomorrow, Postfix holds its own.
"""

import sys
import time

from outward import RelayPostfix, Sender
from yard import clean, cpu, folder, free_port, options, spread, table

RATIO, P99 = 8, 15  # times Postfix; milliseconds


def ours(place, chosen):
    sender = Sender(place / "sender", chosen.binary, free_port()).start()
    load = sender.load(chosen.callers, chosen.bytes).start()
    try:
        load.ask("submit 500 0")  # connections, scripts
        before = cpu(sender.daemon.pid), cpu(sender.redis.daemon.pid)
        answer = load.ask(f"submit {chosen.mails} {int(time.time()) + 86400}")
        used = [after - was for was, after in zip(
            before, (cpu(sender.daemon.pid), cpu(sender.redis.daemon.pid)))]
        seconds, p50, p99, longest = map(float, answer.split())
        accepted = load.stat()[0]
        assert accepted == chosen.mails + 500, load.ask("stat")
        return chosen.mails / seconds, p50, p99, longest, *(1e6 * u / chosen.mails for u in used)
    finally:
        load.stop()
        sender.stop()


def theirs(place, chosen):
    postfix = RelayPostfix(place / "postfix", free_port(), hold=True).start()
    try:
        postfix.submit(200, chosen.bytes, 20)
        mails = max(chosen.mails // 8, 200)
        started = time.monotonic()
        postfix.submit(mails, chosen.bytes, chosen.callers)
        return mails / (time.monotonic() - started)
    finally:
        postfix.stop()


def main():
    parser = options(__doc__, "postern-sender")
    parser.add_argument("--mails", type=int, default=40_000)
    parser.add_argument("--callers", type=int, default=50)
    parser.add_argument("--bytes", type=int, default=5_000)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.mails, chosen.runs = 2_000, 1
    runs, peers = [], []
    for _ in range(chosen.runs):
        place = folder()
        try:
            runs.append(ours(place, chosen))
            peers.append(theirs(place, chosen))
        finally:
            clean(place)
    columns = list(zip(*runs))
    ratios = [run[0] / peer for run, peer in zip(runs, peers)]
    table(f"accepted a second, {chosen.bytes} bytes, {chosen.callers} callers; "
          f"target {RATIO} times Postfix, p99 {P99} ms",
          ["who", "a second", "p50 ms", "p99 ms", "max ms", "CPU us each", "Redis us each", "ratio"],
          [["postern-sender", spread(columns[0], "{:.0f}"),
            *(spread(column) for column in columns[1:4]),
            *(spread(column, "{:.0f}") for column in columns[4:]), spread(ratios)],
           ["Postfix", spread(peers, "{:.0f}"), "", "", "", "", "", ""]])


if __name__ == "__main__":
    sys.exit(main())
