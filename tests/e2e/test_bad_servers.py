"""Mail servers that are odd, broken or hostile: they cost their own account at most."""

import time

import pytest

from mails import mail, unique
from servers import bad_pop3
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

    def register_pop3(kind, **settings):
        juliet.puppet_login = f"{kind}-{juliet.person.name[6:]}{next(numbers)}"
        name = f"{kind}{next(numbers)}"
        juliet.register_pop3(name, login=juliet.puppet_login, port=juliet.site.pop3_puppet.port,
                             password="any", **settings)
        return name

    juliet.register_puppet = register
    juliet.register_pop3_puppet = register_pop3
    yield juliet
    juliet.client.unregister(juliet.gateway)


def commands(member):
    return sum(member.site.puppet.commands[member.puppet_login].values())


def await_calm(member):
    """No command for a second; a loop never lets this come true."""
    last = [commands(member), time.monotonic()]

    def calm():
        if commands(member) != last[0]:
            last[:] = [commands(member), time.monotonic()]
        return time.monotonic() - last[1] >= 1

    wait_until(calm, 20, "an end of the commands")


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
    await_calm(victim)
    heard = [subject for body in victim.client.bodies() for subject in subjects if subject in body]
    assert heard == subjects
    before = commands(victim)
    time.sleep(2)
    assert commands(victim) - before <= 4, victim.site.puppet.heard[victim.puppet_login][-20:]


def test_a_server_that_tells_of_news_without_end_is_not_listened_to(victim):
    victim.register_puppet("ghosts")
    time.sleep(2)
    before = commands(victim)
    time.sleep(3)
    assert commands(victim) - before <= 12
    subject = unique("at last")
    victim.site.puppet.receive(victim.puppet_login, subject)
    victim.client.await_message(subject, seconds=15)


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


# --- POP3 -------------------------------------------------------------------------------


def look_again(member, name):
    """Another login, now."""
    member.postern.ctl("accounts", "disable", f"{member.jid}/{name}")
    member.postern.ctl("accounts", "enable", f"{member.jid}/{name}")


def heard_of(member, subjects):
    return [subject for body in member.client.bodies() for subject in subjects if subject in body]


def test_mail_comes_once_and_in_order_from_odd_pop3_servers(victim):
    puppet = victim.site.pop3_puppet
    names, subjects = {}, {}
    for oddity in bad_pop3.ODDITIES:
        name = victim.register_pop3_puppet(oddity)
        names[name] = login = victim.puppet_login
        subjects[name] = [unique(f"{oddity} {i}") for i in range(4)]
        for subject in subjects[name]:
            puppet.receive(login, subject)
        victim.check(name)
    for name, login in names.items():
        victim.client.await_message(subjects[name][-1], seconds=15)
        logins = len(puppet.logins[login])
        look_again(victim, name)
        wait_until(lambda: len(puppet.logins[login]) > logins, 20, "another login")
    time.sleep(1)
    for name, wanted in subjects.items():
        assert heard_of(victim, wanted) == wanted, name


def test_nothing_is_replayed_when_a_pop3_server_names_its_mails_anew(victim):
    name = victim.register_pop3_puppet("new-ids")
    puppet, login = victim.site.pop3_puppet, victim.puppet_login
    subjects = [unique(f"named anew {i}") for i in range(12)]
    for subject in subjects[:8]:
        puppet.receive(login, subject, ago=3600)
    victim.check(name)
    victim.client.await_message(subjects[7], seconds=15)
    # Some minutes before the newest known count as new.
    for subject in subjects[8:]:
        puppet.receive(login, subject)
    look_again(victim, name)
    victim.client.await_message(subjects[-1], seconds=20)
    assert heard_of(victim, subjects) == subjects


@pytest.mark.parametrize("kind, words", [("no-ids", "gives its mails no ids"),
                                         ("one-id-for-all", "same id")])
def test_a_pop3_server_without_ids_is_told_to_its_user(victim, kind, words):
    puppet, login = victim.site.pop3_puppet, f"{kind}-{victim.person.name[6:]}0"
    subjects = [unique(kind) for _ in range(30)]
    for subject in subjects:
        puppet.receive(login, subject)
    name = victim.register_pop3_puppet(kind, await_watching=False)
    assert victim.puppet_login == login
    presence = victim.client.await_presence(victim.contact(name), "dnd", seconds=15)
    assert words in presence.status
    assert not heard_of(victim, subjects)


@pytest.mark.parametrize("bomb", bad_pop3.BOMBS)
def test_a_bomb_of_pop3_costs_its_own_account_alone(victim, new_member, bomb):
    good = new_member("romeo")
    good.register_imap("work")
    size = memory(victim.postern)
    puppet, login = victim.site.pop3_puppet, f"{bomb}-{victim.person.name[6:]}0"
    in_a_mail = "mail" in bomb
    if not in_a_mail:
        puppet.receive(login, "x")
    name = victim.register_pop3_puppet(bomb, await_watching=in_a_mail)
    assert victim.puppet_login == login
    if in_a_mail:
        puppet.receive(login, "x")
        victim.check(name)
    wait_until(lambda: puppet.commands[login]["RETR" if in_a_mail else "UIDL"], 15, "the bomb")
    subject = unique("meanwhile")
    begun = time.monotonic()
    good.receive(mail(subject))
    good.client.await_message(subject, seconds=5)
    assert time.monotonic() - begun < 3
    assert memory(victim.postern) - size < 12 * MEBIBYTE
    before = len(puppet.logins[login])
    time.sleep(2)
    assert len(puppet.logins[login]) <= before + 1  # no loop


# --- patience ---------------------------------------------------------------------------


class Pop3Troubles:
    """Accounts on servers that stop in the midst, refuse or drop, with mail in each."""

    def __init__(self, member):
        self.member = member
        self.puppet = member.site.pop3_puppet
        self.logins, self.subjects = {}, {}
        for kind in [*bad_pop3.TROUBLES, *bad_pop3.SILENCES]:
            name = member.register_pop3_puppet(kind)
            self.logins[kind] = member.puppet_login
            self.subjects[kind] = [unique(f"{kind} {i}") for i in range(4)]
            for subject in self.subjects[kind]:
                self.puppet.receive(member.puppet_login, subject)
            member.check(name)
        member.register_pop3_puppet("login-then-drop", await_watching=False)
        self.logins["login-then-drop"] = member.puppet_login

    def await_all(self):
        for kind in [*bad_pop3.TROUBLES, "breaks-pipelining"]:
            self.member.client.await_message(self.subjects[kind][-1], seconds=120)
            assert heard_of(self.member, self.subjects[kind]) == self.subjects[kind]
        # After the trial, the first look and the one with the mail.
        wait_until(lambda: self.count("silent-in-mail") >= 4, 60,
                   "another login after the silence", pause=1)

    def count(self, kind):
        return len(self.puppet.logins[self.logins[kind]])


def test_silence_ends_in_time_and_a_server_that_drops_or_refuses_is_spared(victim, new_member):
    """Several minutes of patience, all at once."""
    romeo = new_member("romeo")
    puppet = victim.site.puppet
    begun = time.monotonic()
    pop3 = Pop3Troubles(victim)
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
    pop3.await_all()
    # It waits twice as long each time, up to minutes.
    assert pop3.count("login-then-drop") <= 7 + (time.monotonic() - begun) / 25


def memory(postern):
    """What the process that fetches has of memory, in bytes."""
    pid = postern.fetcher_pid()
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024
