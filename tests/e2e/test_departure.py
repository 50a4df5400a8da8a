"""Who unregisters leaves no rules, scripts or passwords behind, whatever is stopped just then; and
who comes back begins anew, and keeps what they do from then on."""

import pytest

from mails import mail, unique
from questions import Refused
from servers.daemon import wait_until
from test_chat_commands import say
from test_managesieve import DISCARD, SieveUser

FORGOTTEN = 20  # seconds


def settle(member):
    """Registers, and has a rule, a script in force and a password for scripts."""
    member.register_imap("work")
    say(member, "mute spam@elsewhere.test")
    user = SieveUser(member)
    status, said = user.upload("filter", DISCARD)
    assert status == 0, said
    assert user.connect("--activate", "--remotesieve", "filter")[0] == 0
    assert "spam@elsewhere.test" in say(member, "rules")
    return user


def comes_back_to_nothing(user):
    """Registered anew: nothing of before is there, and what is new stays."""
    member = user.member
    assert "You have no rules" in say(member, "rules")
    assert user.client() is None, "the password of before"
    listed = member.postern.ctl("rules", "list", "--scope", member.jid)
    assert "No rules" in listed, listed
    decided = member.postern.ctl_json("rules", "explain", "--user", member.jid)
    assert not decided.get("decisions"), decided
    wanted = unique("unwanted")
    member.receive(mail(wanted))
    member.client.await_message(wanted)
    say(member, "mute other@elsewhere.test")
    user.password = user.new_password()
    assert user.upload("anew", DISCARD)[0] == 0
    assert "other@elsewhere.test" in say(member, "rules")
    assert user.client() is not None


def test_what_a_user_had_goes_with_the_registration(juliet):
    user = settle(juliet)
    stopped = unique("unwanted")
    juliet.receive(mail(stopped))
    show = ("rules", "explain", "--user", juliet.jid)
    wait_until(lambda: juliet.postern.ctl_json(*show).get("decisions"), 10, "the mail to be judged")
    juliet.client.unregister(juliet.gateway)
    wait_until(lambda: user.client() is None, FORGOTTEN, "the password to be void")
    wait_until(lambda: not juliet.postern.ctl_json(*show).get("decisions"), FORGOTTEN,
               "the decisions to go")
    assert "no account" in say(juliet, "mute spam@elsewhere.test")
    assert "no account" in say(juliet, "sieve password")
    juliet.register_imap("work")
    comes_back_to_nothing(user)


def test_who_comes_back_at_once_loses_nothing_new(juliet):
    user = settle(juliet)
    juliet.client.unregister(juliet.gateway)
    juliet.register_imap("work")
    comes_back_to_nothing(user)


def test_the_operator_removes_a_user(juliet):
    user = settle(juliet)
    assert "1 account removed" in juliet.postern.ctl("users", "remove", juliet.jid)
    wait_until(lambda: user.client() is None, FORGOTTEN, "the password to be void")
    juliet.client.await_presence(juliet.contact("work"), "unavailable", seconds=10)
    juliet.register_imap("work")
    comes_back_to_nothing(user)


def test_who_goes_while_the_rules_service_is_stopped_is_forgotten_when_it_is_back(juliet, postern):
    if postern.form != "services":
        pytest.skip("one process")
    user = settle(juliet)
    postern.services["rules"].stop()
    juliet.client.unregister(juliet.gateway)
    with pytest.raises(Refused) as refused:
        juliet.register_imap("work", await_watching=False)
    assert "is still being removed" in refused.value.text
    assert juliet.account_names() == []
    # What is to be done is not forgotten, whoever is killed.
    postern.kill("admin")
    postern.revive("admin")
    postern.revive("rules")
    postern.await_ready()
    wait_until(lambda: user.client() is None, FORGOTTEN, "the password to be void")
    juliet.register_imap("work")
    comes_back_to_nothing(user)
