#!/usr/bin/python3
"""kill -9 of the sender, of Redis, and of both, again and again under load: what was accepted is
counted where it arrives, beside Postfix whose master is killed in the same way.

usage: bench/kill_sender.py [--mails N] [--kills N] [--postfix-mails N] [--binary PATH] [--quick]

Lost: accepted, and never arrived. Twice: arrived more than once, under the same Message-ID; at most
what was between the final dot and its record when something was killed. Mails that arrived without
having been accepted are of calls whose answer was lost, and are repeated with their key.
"""

import random
import sys
import time
from collections import Counter

from outward import CountingSink, RelayPostfix, Sender
from yard import clean, folder, options, table, wait_until

SESSIONS = 20  # of the relay


def identities(path):
    return [line.rpartition(" ")[0] for line in path.read_text().splitlines()]


def restart(sender, which):
    if which in ("sender", "both"):
        sender.daemon.kill()
    if which in ("redis", "both"):
        sender.redis.kill()
        sender.redis.start()
    if which in ("sender", "both"):
        sender.daemon.start(int(sender.address.rpartition(":")[2]), seconds=60)


def ours(place, chosen):
    sink = CountingSink(place).start()
    sender = Sender(place / "sender", chosen.binary, sink.port).start()
    load = sender.load(50, 1_000).start()
    killed = Counter()
    try:
        load.ask(f"begin {chosen.mails}")
        every = chosen.mails / (chosen.kills + 1)
        for number in range(chosen.kills):
            wanted = every * (number + 1)
            wait_until(lambda: load.stat()[0] >= wanted, 900, "mails to be accepted", pause=0.01)
            time.sleep(random.random() * 0.05)
            which = random.choice(("sender", "redis", "both"))
            killed[which] += 1
            restart(sender, which)
        wait_until(lambda: load.ask("left") == "0", 1800, "the last mail to be accepted", pause=0.1)
        accepted, repeated, refused = load.stat()
        wait_until(lambda: sink.stat()[1] >= accepted, 1800, "the last mail to arrive", pause=0.1)
    except TimeoutError as late:
        print(late)
    finally:
        time.sleep(1)
        accepted, repeated, refused = load.stat()
        load.ask("flush")
        sink.daemon.ask("flush")
        load.stop()
        sender.stop()
        sink.stop()
    took = set(identities(sender.folder / "accepted.log"))
    arrived = Counter(identities(sink.log))
    twice = sum(count - 1 for count in arrived.values())
    return [f"{sum(killed.values())} ({', '.join(f'{n} {who}' for who, n in killed.items())})",
            accepted, refused, len(took - arrived.keys()), twice,
            SESSIONS * sum(killed.values())]


def theirs(place, chosen):
    sink = CountingSink(place).start()
    postfix = RelayPostfix(place / "postfix", sink.port, retry=5).start()
    load = postfix.load(50, chosen.postfix_mails, place)
    kills = 0
    try:
        every = chosen.postfix_mails / (chosen.postfix_kills + 1)
        for number in range(chosen.postfix_kills):
            wanted = every * (number + 1)
            wait_until(lambda: load.accepted() >= wanted, 900, "mails to be accepted", pause=0.01)
            postfix.kill_all()
            postfix.daemon.start(postfix.port)
            kills += 1
        load.join()
        postfix.await_empty(300)
    except TimeoutError as late:
        print(late)
    finally:
        time.sleep(1)
        sink.daemon.ask("flush")
        load.join()
        postfix.stop()
        sink.stop()
    arrived = Counter(identities(sink.log))
    twice = sum(count - 1 for count in arrived.values())
    return [kills, len(load.taken), 0, len(load.taken - arrived.keys()), twice, ""]


def main():
    parser = options(__doc__, "postern-sender", runs=1)
    parser.add_argument("--mails", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--postfix-mails", type=int, default=20_000)
    parser.add_argument("--postfix-kills", type=int, default=20)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.mails, chosen.kills, chosen.postfix_mails, chosen.postfix_kills = 20_000, 6, 2_000, 2
    place = folder()
    try:
        for part in ("ours", "theirs"):
            (place / part).mkdir(mode=0o755)
        rows = [["postern-sender", *ours(place / "ours", chosen)],
                ["Postfix", *theirs(place / "theirs", chosen)]]
    finally:
        clean(place)
    table("kill -9 under load; target: none lost, twice at most those in flight",
          ["who", "kills", "accepted", "refused", "lost", "twice", "in flight at most"], rows)


if __name__ == "__main__":
    sys.exit(main())
