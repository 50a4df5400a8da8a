#!/usr/bin/python3
"""How many mails a second go from Submit to a mail server, durable all the way, beside Postfix.

usage: bench/relay.py [--mails N] [--callers N] [--bytes N] [--own-servers] [--runs N] [--quick]

Both take mail as fast as they can and relay it to Postfix's smtp-sink at the same time, over
connections that they keep. A mail is done when its author could be told (ours), or when it has
left the queue (Postfix). --own-servers: each account has a server of its own instead of the
operator's relay.
"""

import sys
import time

from outward import RelayPostfix, Sender, SmtpSink
from yard import clean, cpu, folder, memory, options, spread, table

RATIO = 5  # times Postfix


def ours(place, chosen):
    sink = SmtpSink(place).start()
    sender = Sender(place / "sender", chosen.binary, sink.port, direct=chosen.own_servers).start()
    load = sender.load(chosen.callers, chosen.bytes).start()
    try:
        load.ask("submit 200 0")
        sender.await_sent(200)
        before = cpu(sender.daemon.pid), cpu(sender.redis.daemon.pid)
        started = time.monotonic()
        load.ask(f"submit {chosen.mails} 0")
        taken = time.monotonic() - started
        sender.await_sent(200 + chosen.mails)
        took = time.monotonic() - started
        used = [after - was for was, after in zip(
            before, (cpu(sender.daemon.pid), cpu(sender.redis.daemon.pid)))]
        sent, failed, _, twice, _, _ = sender.peers.stat()
        assert (sent, failed, twice) == (chosen.mails + 200, 0, 0), sender.peers.ask("stat")
        return (chosen.mails / took, chosen.mails / taken,
                *(1e6 * u / chosen.mails for u in used), memory(sender.daemon.pid)[1] / 2**20)
    finally:
        load.stop()
        sender.stop()
        sink.stop()


def theirs(place, chosen):
    sink = SmtpSink(place).start()
    postfix = RelayPostfix(place / "postfix", sink.port).start()
    try:
        postfix.submit(100, chosen.bytes, 10)
        postfix.await_empty()
        mails = max(chosen.mails // 5, 200)
        started = time.monotonic()
        postfix.submit(mails, chosen.bytes, 20)
        taken = time.monotonic() - started
        postfix.await_empty()
        return mails / (time.monotonic() - started), mails / taken
    finally:
        postfix.stop()
        sink.stop()


def main():
    parser = options(__doc__, "postern-sender")
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--callers", type=int, default=50)
    parser.add_argument("--bytes", type=int, default=5_000)
    parser.add_argument("--own-servers", action="store_true")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.mails, chosen.runs = 1_000, 1
    runs, peers = [], []
    for _ in range(chosen.runs):
        place = folder()
        try:
            runs.append(ours(place, chosen))
            (place / "peer").mkdir(mode=0o755)
            peers.append(theirs(place / "peer", chosen))
        finally:
            clean(place)
    columns, others = list(zip(*runs)), list(zip(*peers))
    ratios = [run[0] / peer[0] for run, peer in zip(runs, peers)]
    table(f"relayed a second, {chosen.bytes} bytes, {chosen.callers} callers; "
          f"target {RATIO} times Postfix",
          ["who", "relayed a second", "accepted a second", "CPU us each", "Redis us each",
           "peak MiB", "ratio"],
          [["postern-sender", *(spread(column, "{:.0f}") for column in columns), spread(ratios)],
           ["Postfix", *(spread(column, "{:.0f}") for column in others), "", "", "", ""]])


if __name__ == "__main__":
    sys.exit(main())
