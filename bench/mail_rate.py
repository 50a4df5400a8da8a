#!/usr/bin/python3
"""How many mails a second become chat, beside what a component that only echoes can do through the same
Jabber server in the same run.

usage: bench/mail_rate.py [--mails N] [--accounts N] [--bytes N] [--server prosody|ejabberd]

Three measurements, one after the other, each with messages of the same size to the same receiver:
  echo   a bare component sends back what a swarm of users writes to it
  edge   Edge.Deliver called for all accounts at once: remember, write, confirm, record
  full   mails that wait in Dovecot, from the moment their users come online: fetcher, rules, edge
Needs `ninja -C build` and `ninja -C build bench_echo bench_deliver`.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from mails import mail  # noqa: E402
from postern import BIN, FORMS  # noqa: E402
from servers.daemon import Daemon, wait_until  # noqa: E402
from servers.mailbox_client import PASSWORD  # noqa: E402
from servers.site import JABBER_SERVERS, Site  # noqa: E402
from swarm import Swarm  # noqa: E402

WINDOW = 1000  # echoes awaited at once


def register(swarm, gateway, number, port):
    fields = dict(name="box", login=f"user{number}@mail.test", password=PASSWORD, host="localhost",
                  port=port, ssl=1, store_untested=1, dnd_action=0)
    form = "".join(f'<field var="{name}"><value>{escape(str(value))}</value></field>'
                   for name, value in fields.items())
    swarm.send(f'<iq type="set" id="r{number}" from="{swarm.jid(number)}" to="{gateway}/IMAP">'
               f'<query xmlns="jabber:iq:register"><x xmlns="jabber:x:data" type="submit">{form}'
               f'</x></query></iq>')


def show(swarm, gateway, number, state):
    swarm.send(f'<presence from="{swarm.jid(number)}" to="{gateway}"><show>{state}</show></presence>')


def measure_echo(swarm, domain, count, size):
    body = "x" * size
    before, start = swarm.count("message"), time.monotonic()
    for sent in range(count):
        if sent % 100 == 0:
            swarm.await_count("message", before + sent - WINDOW)
        swarm.send(f'<message type="chat" id="e{sent}" from="{swarm.jid(sent % 100)}" '
                   f'to="echo@{domain}"><body>{body}</body></message>')
    swarm.await_count("message", before + count)
    return count / (time.monotonic() - start)


def measure_edge(swarm, postern, accounts, mails, size):
    each = mails // len(accounts)
    before, start = swarm.count("message"), time.monotonic()
    subprocess.run([BIN / "bench_deliver", f"127.0.0.1:{postern._grpc['edge']}", str(each), str(size),
                    *accounts], check=True, stdout=subprocess.DEVNULL)
    swarm.await_count("message", before + each * len(accounts))
    return each * len(accounts) / (time.monotonic() - start)


def measure_full(swarm, site, postern, accounts, mails, size):
    for number in range(accounts):
        show(swarm, postern.gateway, number, "dnd")
    time.sleep(3)
    each = mails // accounts
    for number in range(accounts):
        site.dovecot.put(f"user{number}@mail.test",
                         [mail(f"full {i}", "x" * size).as_bytes() for i in range(each)])
    time.sleep(5)  # Dovecot has seen them, the fetcher holds them back
    before, start = swarm.count("message"), time.monotonic()
    for number in range(accounts):
        show(swarm, postern.gateway, number, "chat")
    swarm.await_count("message", before + each * accounts, 600)
    return each * accounts / (time.monotonic() - start)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--mails", type=int, default=20_000)
    options.add_argument("--accounts", type=int, default=20)
    options.add_argument("--bytes", type=int, default=1000)
    options.add_argument("--server", choices=sorted(JABBER_SERVERS), default="prosody")
    chosen = options.parse_args()
    domains = ["swarm.localhost", "echo.localhost"]
    site = Site(chosen.server, components=domains)
    postern = echo = None
    reached = {}
    try:
        site.start()
        swarm = Swarm(site.jabber, domains[0])
        echo = Daemon("echo", [BIN / "bench_echo", site.jabber.component_port, domains[1],
                               site.jabber.secret], site.folder / "echo.log").start()
        wait_until(lambda: "up" in echo.log.read_text(), 10, "the echo")
        echoed = measure_echo(swarm, domains[1], chosen.mails, chosen.bytes)
        print(f"echo  {echoed:8.0f} messages a second", flush=True)
        echo.stop()

        postern = FORMS["services"](site.folder / "postern", site).start()
        for number in range(chosen.accounts):
            register(swarm, postern.gateway, number, site.dovecot.imaps_port)
            show(swarm, postern.gateway, number, "chat")
        listed = lambda: postern.ctl_json("accounts", "list").get("accounts", [])  # noqa: E731
        wait_until(lambda: sum(a["health"]["state"] == "HEALTH_STATE_OK" for a in listed())
                   == chosen.accounts, 60, "the accounts", pause=0.5)
        for number in range(chosen.accounts):
            show(swarm, postern.gateway, number, "chat")
        time.sleep(2)
        ids = [account["id"] for account in listed()]
        for name, measure in (
                ("edge", lambda: measure_edge(swarm, postern, ids, chosen.mails, chosen.bytes)),
                ("full", lambda: measure_full(swarm, site, postern, chosen.accounts,
                                              chosen.mails // 4, chosen.bytes))):
            rate = measure()
            print(f"{name}  {rate:8.0f} mails a second, {rate / echoed:.2f} of echo", flush=True)
            reached[name] = rate / echoed
        # The aim set for the edge; how fast mailboxes are read is the fetcher's matter.
        return 0 if reached["edge"] >= 0.5 else 1
    finally:
        if echo:
            echo.stop()
        if postern:
            postern.stop()
        site.stop()


if __name__ == "__main__":
    sys.exit(main())
