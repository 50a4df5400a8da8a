#!/usr/bin/python3
"""A great many mails that become due in one moment, and a sender that starts with a full queue.

usage: bench/due_at_once.py [--mails N] [--queued N] [--bytes N] [--binary PATH] [--quick]

--mails are accepted beforehand, all to be sent at one time; then their rate to Postfix's smtp-sink
is taken, and the memory of the sender. Postfix has a quarter of them deferred, and then released.
Then --queued mails wait for tomorrow and one in a thousand for now, while the sender is down: how
long after its start does the first one come?
"""

import sys
import time

from outward import CountingSink, RelayPostfix, Sender, SmtpSink
from yard import clean, folder, memory, options, table, wait_until

MEMORY, FIRST = 256, 2  # MiB, seconds


def fill(load, count, when):
    load.ask(f"submit {count} {when}")


def drain(place, chosen):
    sink = SmtpSink(place).start()
    sender = Sender(place / "sender", chosen.binary, sink.port).start()
    load = sender.load(50, chosen.bytes).start()
    try:
        # Time enough to accept them all, even under load.
        due = int(time.time()) + max(20, chosen.mails // 2_000)
        fill(load, chosen.mails, due)
        assert time.time() < due, "not all were accepted in time"
        assert sender.sent() == 0
        time.sleep(due - time.time())
        wait_until(lambda: sender.sent() > 0, 30, "the first mail", pause=0.01)
        first, began = time.time() - due, time.monotonic()
        sender.await_sent(chosen.mails)
        took = time.monotonic() - began
        return chosen.mails / took, first, memory(sender.daemon.pid)[1] / 2**20
    finally:
        load.stop()
        sender.stop()
        sink.stop()


def drain_postfix(place, chosen):
    sink = SmtpSink(place).start()
    postfix = RelayPostfix(place / "postfix", sink.port, defer=True).start()
    try:
        mails = chosen.mails // 4
        postfix.submit(mails, chosen.bytes, 20)
        wait_until(lambda: not postfix.undecided(), 600, "all mail to be deferred", pause=0.2)
        started = time.monotonic()
        postfix.release_deferred()
        postfix.await_empty()
        return mails / (time.monotonic() - started)
    finally:
        postfix.stop()
        sink.stop()


def start_full(place, chosen):
    sink = CountingSink(place).start()
    sender = Sender(place / "sender", chosen.binary, sink.port).start()
    load = sender.load(50, 1_000).start()
    try:
        fill(load, chosen.queued, int(time.time()) + 86_400)
        due = int(time.time()) + 5
        fill(load, chosen.queued // 1000, due)
        sender.daemon.kill()
        time.sleep(max(0, due - time.time()) + 1)
        started = time.monotonic()
        sender.daemon.start()
        wait_until(lambda: sink.stat()[0], 60, "the first mail", pause=0.005)
        first = time.monotonic() - started
        time.sleep(5)
        return first, memory(sender.daemon.pid)[1] / 2**20
    finally:
        load.stop()
        sender.stop()
        sink.stop()


def main():
    parser = options(__doc__, "postern-sender", runs=1)
    parser.add_argument("--mails", type=int, default=200_000)
    parser.add_argument("--queued", type=int, default=1_000_000)
    parser.add_argument("--bytes", type=int, default=5_000)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.mails, chosen.queued = 4_000, 4_000
    place = folder()
    try:
        for part in ("due", "peer", "full"):
            (place / part).mkdir(mode=0o755)
        rate, first, peak = drain(place / "due", chosen)
        table(f"due at once; target: the rate of relay.py, {MEMORY} MiB",
              ["mails", "a second", "first after s", "peak MiB"],
              [[chosen.mails, f"{rate:.0f}", f"{first:.2f}", f"{peak:.0f}"]])
        peer = drain_postfix(place / "peer", chosen)
        table("the same by Postfix", ["mails", "a second"], [[chosen.mails // 4, f"{peer:.0f}"]])
        start, full_peak = start_full(place / "full", chosen)
        table(f"started with a full queue; target: the first mail within {FIRST} s",
              ["queued", "first mail after s", "peak MiB"],
              [[chosen.queued, f"{start:.2f}", f"{full_peak:.0f}"]])
    finally:
        clean(place)


if __name__ == "__main__":
    sys.exit(main())
