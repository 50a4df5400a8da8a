"""Mail servers that are odd, broken or hostile: they cost their own account at most."""

import time

import pytest

from mails import mail, unique
from servers.bad_imap import BOMBS, ODDITIES, SILENCES
from servers.daemon import wait_until

ONLY_ON = ["dovecot"]
MEBIBYTE = 1024 * 1024


@pytest.fixture
def victim(juliet):
    """Somebody with an account on the puppet server, named as what is wrong with it."""
    numbers = iter(range(1000))

    def register(kind, **settings):
        juliet.puppet_login = f"{kind}-{juliet.person.name[6:]}{next(numbers)}"
        name = f"{kind}{next(numbers)}"
        juliet.register_imap(name, login=juliet.puppet_login, port=juliet.site.puppet.port,
                             password="any", **settings)
        return name

    juliet.register_puppet = register
    yield juliet
    juliet.client.unregister(juliet.gateway)


def commands(member):
    return sum(member.site.puppet.commands[member.puppet_login].values())


@pytest.mark.parametrize("oddity", ODDITIES)
def test_mail_comes_once_and_in_order_from_an_odd_server(victim, oddity):
    victim.register_puppet(oddity)
    puppet, login = victim.site.puppet, victim.puppet_login
    subjects = [unique(f"{oddity} {i}") for i in range(4)]
    puppet.receive(login, subjects[0])
    time.sleep(0.3)
    for subject in subjects[1:]:
        puppet.receive(login, subject)
    # A lost connection is waited out: half a minute at most.
    victim.client.await_message(subjects[-1], seconds=40)
    time.sleep(1)
    heard = [subject for body in victim.client.bodies() for subject in subjects if subject in body]
    assert heard == subjects
    before = commands(victim)
    time.sleep(2)
    assert commands(victim) - before <= 4  # no loop


def test_nothing_is_replayed_when_the_server_numbers_its_mails_anew(victim):
    name = victim.register_puppet("new-uidvalidity")
    puppet, login = victim.site.puppet, victim.puppet_login
    old = [unique(f"old {i}") for i in range(3)]
    for subject in old:
        puppet.receive(login, subject)
    victim.client.await_message(old[-1])
    said = len(victim.client.bodies())
    # Two more logins: one with the old numbers, one with new ones.
    for _ in range(2):
        logins = len(puppet.logins[login])
        victim.postern.ctl("accounts", "disable", f"{victim.jid}/{name}")
        victim.postern.ctl("accounts", "enable", f"{victim.jid}/{name}")
        wait_until(lambda: len(puppet.logins[login]) > logins, 20, "another login")
        victim.client.await_presence(victim.contact(name), seconds=10)
        time.sleep(0.5)
    new = unique("new")
    puppet.receive(login, new)
    victim.client.await_message(new)
    assert not any(subject in body for body in victim.client.bodies()[said:] for subject in old)


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_costs_its_own_account_alone(victim, new_member, bomb):
    good = new_member("romeo")
    good.register_imap("work")
    size = memory(victim.postern)
    victim.register_puppet(bomb, await_watching=False)
    wait_until(lambda: commands(victim) >= 2, 15, "the bomb")
    subject = unique("meanwhile")
    begun = time.monotonic()
    good.receive(mail(subject))
    good.client.await_message(subject, seconds=5)
    assert time.monotonic() - begun < 3
    assert memory(victim.postern) - size < 12 * MEBIBYTE
    logins = victim.site.puppet.logins[victim.puppet_login]
    time.sleep(2)
    assert len(logins) <= 3  # the trial, the watcher, and no loop


def test_silence_ends_in_time_and_a_server_that_drops_or_refuses_is_spared(victim, new_member):
    """Several minutes of patience, all at once."""
    romeo = new_member("romeo")
    puppet = victim.site.puppet
    begun = time.monotonic()
    victim.register_puppet("overquota")
    logins = {"overquota": victim.puppet_login}
    for kind in [*SILENCES, "login-then-drop"]:
        victim.register_puppet(kind, await_watching=False)
        logins[kind] = victim.puppet_login
        if kind in ("silent-in-literal", "drips"):
            puppet.receive(victim.puppet_login, "x")
    later = unique("later")
    puppet.receive(logins["overquota"], later)
    romeo.register_imap("work")
    subject = unique("meanwhile")
    romeo.receive(mail(subject))
    romeo.client.await_message(subject, seconds=3)

    # An answer is awaited for a minute.
    wait_until(lambda: all(len(puppet.logins[logins[kind]]) >= 2 for kind in SILENCES), 150,
               "another login after each silence", pause=1)
    elapsed = time.monotonic() - begun
    drops = len(puppet.logins[logins["login-then-drop"]])
    assert drops <= 2 + elapsed / 25  # the trial, then one in half a minute or so
    victim.client.await_message(later, seconds=40)  # refused before, for a passing reason


def memory(postern):
    """What the process that fetches has of memory, in bytes."""
    pid = postern.fetcher_pid()
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024
