#!/usr/bin/python3
"""Many users with presence on one edge: what one costs in memory, what the gateway says at its start
and at its end, and what happens while the Jabber server stops reading.

usage: bench/presence_scale.py [--users N] [--stall SECONDS]

The users are those of a component beside the gateway's on the same Prosody (no logins): each registers
an SMTP account in-band and sends presence to the gateway and to the account's contact. The processes are
the real ones, but for the sender, which would sign in to 10,000 relays that are not there.
Needs script/build first.
"""

import argparse
import re
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from mails import mail  # noqa: E402
from postern import FiveServices  # noqa: E402
from servers.daemon import wait_until  # noqa: E402
from servers.mailbox_client import PASSWORD  # noqa: E402
from servers.site import Site  # noqa: E402
from swarm import Swarm  # noqa: E402

DOMAIN = "swarm.localhost"
WINDOW = 100  # registrations under way
MAILS, MAIL_BYTES = 300, 30_000  # during the stall: more than every buffer on the way holds
DISABLED = 100  # accounts whose presence changes during the stall


class WithoutSender(FiveServices):
    def start(self):
        self.redis.start()
        for name in ("admin", "rules", "fetcher", "edge"):
            self.services[name].start()
        return self.await_ready(60)

    def _readiness(self):
        return [pair for pair in super()._readiness() if pair[0] is not self.services["sender"]]

    def memory(self):
        """KiB that the edge has in RAM."""
        status = Path(f"/proc/{self.services['edge'].pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))

    def settled_memory(self):
        last, quiet = self.memory(), 0
        while quiet < 10:
            time.sleep(0.5)
            now = self.memory()
            quiet = quiet + 1 if abs(now - last) < 64 else 0
            last = now
        return last


class Users(Swarm):
    """A swarm that understands what it is told, and answers probes as a server does."""

    def __init__(self, server):
        self.online = {}     # number -> <show>, of those who are there
        self.kinds = Counter()   # "presence probe", "message chat", "iq error", ...
        self.by_second = {}  # second -> Counter of kinds
        self.shown = {}      # (contact, user number) -> show
        self.mails = []      # (number of the mail, id), as they came
        self.errors = []     # of registrations
        self._stanza = None
        self._depth = 0
        self._text = ""
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.Parse("<stream xmlns:stream='s'>")
        self._answers, self._wake = [], threading.Condition()
        threading.Thread(target=self._answer, daemon=True).start()
        super().__init__(server, DOMAIN, on_data=lambda data: self._parser.Parse(data))

    def register(self, gateway, number, type_, fields):
        form = "".join(f'<field var="{name}"><value>{escape(str(value))}</value></field>'
                       for name, value in fields.items())
        self.send(f'<iq type="set" id="r{number}" from="{self.jid(number)}" to="{gateway}/{type_}">'
                  f'<query xmlns="jabber:iq:register"><x xmlns="jabber:x:data" type="submit">{form}'
                  f'</x></query></iq>')

    def show(self, contacts, number, state):
        """Tells contacts that a user is there: "", "away", ...; "offline" for unavailable."""
        self.online[number] = state
        self.send("".join(self._presence(number, contact) for contact in contacts))

    def _presence(self, number, contact):
        state = self.online.get(number, "offline")
        show = f"<show>{state}</show>" if state not in ("", "offline") else ""
        type_ = ' type="unavailable"' if state == "offline" else ""
        return f'<presence from="{self.jid(number)}" to="{contact}"{type_}>{show}</presence>'

    def _start(self, name, attributes):
        self._depth += 1
        if self._depth == 2:
            self._stanza = (name, attributes)
            self._show = ""
        self._text = ""

    def _characters(self, text):
        if self._depth == 3 and len(self._text) < 400:
            self._text += text

    def _end(self, name):
        self._depth -= 1
        if self._depth == 2 and name == "show":
            self._show = self._text
        if self._depth == 2 and name == "body" and (found := re.search(r"stall (\d+)", self._text)):
            self.mails.append((int(found[1]), self._stanza[1].get("id")))
        if self._depth == 1:
            self._heard(*self._stanza)

    def _heard(self, name, attributes):
        type_ = attributes.get("type", "")
        kind = f"{name} {type_}".strip()
        self.kinds[kind] += 1
        self.by_second.setdefault(int(time.monotonic()), Counter())[kind] += 1
        local = attributes.get("to", "").split("@")[0]
        number = int(local[4:]) if local.startswith("user") else -1
        sender = attributes.get("from", "")
        if name == "iq" and type_ == "error":
            self.errors.append(attributes.get("id"))
        elif name == "presence" and type_ in ("", "unavailable"):
            self.shown[(sender.split("/")[0], number)] = type_ or self._show or "available"
        elif name == "presence" and type_ in ("probe", "subscribe"):
            with self._wake:
                self._answers.append((type_, sender, number))
                self._wake.notify()

    # Apart from the reader, who must never wait for the server.
    def _answer(self):
        while True:
            with self._wake:
                while not self._answers:
                    self._wake.wait()
                answers, self._answers = self._answers, []
            for type_, contact, number in answers:
                if type_ == "probe":
                    self.send(self._presence(number, contact))
                else:
                    bare = self.jid(number).split("/")[0]
                    self.send(f'<presence type="subscribed" from="{bare}" to="{contact}"/>')

    def forget(self):
        self.kinds.clear()
        self.by_second.clear()
        self.shown.clear()

    def peak(self):
        busiest = max(self.by_second.values(), key=Counter.total, default=Counter())
        return busiest.total(), dict(busiest)


def register_all(users, postern, numbers, port):
    fields = dict(name="out", password="secret", host="localhost", port=port, ssl=1,
                  default_account=1, store_untested=1)
    answered = lambda: users.kinds["iq result"] + users.kinds["iq error"]  # noqa: E731
    before = answered()
    for sent, number in enumerate(numbers):
        wait_until(lambda: answered() - before > sent - WINDOW, 60, "registrations", pause=0.002)
        login = f"user{number}@mail.test"
        users.register(postern.gateway, number, "SMTP", {**fields, "login": login,
                                                         "default_from": login})
    wait_until(lambda: answered() - before >= len(numbers), 60, "the last registrations")
    if users.errors:
        raise RuntimeError(f"{len(users.errors)} registrations were refused")


def contacts(postern):
    return [postern.gateway, f"out@{postern.gateway}"]


def await_all_shown(users, postern, count, seconds):
    """Returns when each user sees the gateway and the account; how long that took."""
    start = time.monotonic()
    wait_until(lambda: sum(1 for state in list(users.shown.values()) if state != "unavailable")
               >= 2 * count, seconds, "presence of all contacts", pause=0.05)
    return time.monotonic() - start


def measure_memory(users, postern, count, port):
    print("memory of the edge (RSS, settled):", flush=True)
    empty = postern.settled_memory()
    print(f"  {0:6} users {empty:8} KiB", flush=True)
    for low, high in ((0, count // 2), (count // 2, count)):
        start = time.monotonic()
        register_all(users, postern, range(low, high), port)
        registered = time.monotonic() - start
        for number in range(low, high):
            users.show(contacts(postern), number, "")
        await_all_shown(users, postern, high, 300)
        now = postern.settled_memory()
        print(f"  {high:6} users {now:8} KiB, {(now - empty) / high:.2f} KiB a user "
              f"(registered {(high - low) / registered:.0f} a second)", flush=True)
    return empty


def measure_stop(users, postern):
    users.forget()
    start = time.monotonic()
    postern.services["edge"].stop()
    took = time.monotonic() - start
    time.sleep(1)
    total = users.kinds.total()
    peak, what = users.peak()
    print(f"stop: {took:.1f} s, {total} stanzas, at most {peak} a second {what}", flush=True)


def measure_start(users, postern, count, empty):
    users.forget()
    postern.services["edge"].start()
    start = time.monotonic()
    postern.await_ready(60)
    ready = time.monotonic() - start
    peak_memory = 0
    while len(users.shown) < 2 * count and time.monotonic() - start < 600:
        peak_memory = max(peak_memory, postern.memory())
        time.sleep(0.2)
    took = time.monotonic() - start
    time.sleep(25)  # the patience after the last probe
    peak, what = users.peak()
    settled = postern.settled_memory()
    print(f"start: ready after {ready:.1f} s, everybody sees everything after {took:.0f} s, "
          f"{users.kinds.total()} stanzas, at most {peak} a second {what}\n"
          f"  {settled} KiB then ({(settled - empty) / count:.2f} KiB a user more than an empty one), "
          f"at most {peak_memory} KiB on the way", flush=True)


def states(postern):
    sessions = postern.ctl_json("sessions", "list").get("sessions", [])
    return Counter(session["show"] for session in sessions)


def measure_stall(users, postern, site, count, seconds):
    """The server reads and answers nothing for a while; mail comes for one user, accounts are disabled,
    and all others change their presence."""
    users.register(postern.gateway, 0, "IMAP", dict(
        name="box", login="user0@mail.test", password=PASSWORD, host="localhost",
        port=site.dovecot.imaps_port, ssl=1, store_untested=1))
    wait_until(lambda: (f"box@{postern.gateway}", 0) in users.shown, 30, "the mailbox's contact")
    wait_until(lambda: users.shown[(f"box@{postern.gateway}", 0)] == "available", 30, "the mailbox")
    users.forget()
    before = postern.memory()
    site.jabber.daemon.process.send_signal(19)  # SIGSTOP
    stopped = time.monotonic()
    try:
        site.dovecot.put("user0@mail.test", [mail(f"stall {i}", "x " * (MAIL_BYTES // 2)).as_bytes()
                                             for i in range(MAILS)])
        away = threading.Thread(target=lambda: [users.show(contacts(postern), number, "away")
                                                for number in range(1, count)], daemon=True)
        away.start()
        disabled = range(1, min(DISABLED, count - 1) + 1)
        for number in disabled:
            postern.ctl("accounts", "disable", f"user{number}@{DOMAIN}/out")
        peak = 0
        while time.monotonic() - stopped < seconds:
            peak = max(peak, postern.memory())
            time.sleep(0.1)
    finally:
        site.jabber.daemon.process.send_signal(18)  # SIGCONT
    went_on = time.monotonic()
    late = {}
    steps = {
        "all mails": lambda: len({number for number, _ in users.mails}) == MAILS,
        "all disabled accounts": lambda: all(
            users.shown.get((f"out@{postern.gateway}", number)) == "xa" for number in disabled),
        "all users away": lambda: states(postern)["SHOW_AWAY"] == count - 1,
    }
    while len(late) < len(steps) and time.monotonic() - went_on < 300:
        peak = max(peak, postern.memory())
        for name, done in steps.items():
            if name not in late and done():
                late[name] = time.monotonic() - went_on
        time.sleep(0.2)
    missing = [name for name in steps if name not in late]
    numbers = {number for number, _ in users.mails}
    print(f"stall of {seconds} s: {before} KiB before, at most {peak} KiB; {len(users.mails)} messages "
          f"with {len(set(users.mails))} ids came for {len(numbers)} of {MAILS} mails\n  after it: "
          + ", ".join(f"{name} {took:.0f} s" for name, took in late.items())
          + (f"; NEVER: {', '.join(missing)} {dict(states(postern))}" if missing else ""), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--users", type=int, default=10_000)
    options.add_argument("--stall", type=int, default=20)
    chosen = options.parse_args()
    site = Site("prosody", components=[DOMAIN])
    postern = None
    try:
        site.start()
        postern = WithoutSender(site.folder / "postern", site).start()
        users = Users(site.jabber)
        empty = measure_memory(users, postern, chosen.users, site.closed_port)
        measure_stop(users, postern)
        measure_start(users, postern, chosen.users, empty)
        measure_stall(users, postern, site, chosen.users, chosen.stall)
    finally:
        if postern:
            postern.stop()
        site.stop()


if __name__ == "__main__":
    main()
