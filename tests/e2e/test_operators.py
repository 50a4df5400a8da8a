"""Operators give their commands from chat; and what users say about themselves is told."""

import pytest

from postern import CtlFailed
from servers.daemon import wait_until
from test_chat_commands import say

LOOKS = 5  # seconds; the folder of finger files is looked at every second


@pytest.fixture
def operator(juliet, postern):
    postern.ctl("users", "role", juliet.jid, "operator")
    yield juliet
    postern.ctl("users", "role", juliet.jid, "user")


def test_an_operator_sees_and_stops_accounts_until_they_are_none_any_more(operator, new_member,
                                                                          postern):
    romeo = new_member("romeo")
    romeo.register_imap("work")
    account = f"{romeo.jid}/work"
    assert say(operator, f"operator accounts {romeo.jid}") == "work: works"
    assert say(operator, f"operator disable {account}") == f"Done: disable {account}"
    romeo.client.await_presence(romeo.contact("work"), "xa", containing="disabled", seconds=10)
    assert say(operator, f"operator accounts {romeo.jid}") == "work: disabled"
    assert say(operator, f"operator enable {account}") == f"Done: enable {account}"
    assert "fetcher: works" in say(operator, "operator status")
    users = say(operator, "operator users")
    # Only the first fifty are shown, and other stories have users, too.
    assert f"{romeo.jid}: accounts: 1" in users or "… and " in users
    assert operator.jid in say(operator, "operator roles")
    assert operator.jid in postern.ctl("users", "roles")
    assert "there is no such account" in say(operator, "operator disable nobody@nowhere/x")
    # Others, and they themselves when the role is gone, may not.
    refused = "Only operators of this gateway may do this"
    assert refused in say(romeo, f"operator disable {romeo.jid}/work")
    postern.ctl("users", "role", operator.jid, "user")
    assert refused in say(operator, f"operator disable {account}")
    assert postern.account(romeo.jid, "work")["enabled"]


def test_a_mail_of_the_queue_is_taken_back_by_an_operator(operator, new_member, postern):
    romeo = new_member("romeo")
    romeo.register_smtp("out")
    romeo.client.send(romeo.gateway, "To: bob@elsewhere.test\nSubject: late\nSend: in 3 days\n\nx")
    wait_until(lambda: romeo.queued(), 10, "the mail to wait")
    (mail,) = romeo.queued()
    beginning = mail["queue_id"][:8]
    queue = say(operator, "operator queue")
    assert queue.startswith("Mails in the queue: ")
    # Only the first fifty are shown, and other stories leave theirs.
    assert f"{beginning} waiting: {romeo.jid} -> bob@elsewhere.test" in queue or "… and " in queue
    assert say(operator, f"operator cancel {beginning}") == f"Done: cancel {beginning}"
    wait_until(lambda: not romeo.queued(), 10, "the mail to be gone")


def test_what_users_say_about_themselves_is_told(juliet, postern):
    file = postern.jsmail_folder / "fred.fgr"
    file.write_text("I am Fred.\n[WIDE]\nCall me at noon.\n")
    try:
        wait_until(lambda: "Fred" in say(juliet, "finger fred"), LOOKS, "the file to be read")
        assert say(juliet, "finger Fred") == "I am Fred."
        assert say(juliet, "finger fred wide") == "I am Fred.\nCall me at noon."
        assert say(juliet, "finger eve") == 'There is no user "eve" who says anything here.'
    finally:
        file.unlink()


def test_a_role_is_that_of_a_whole_address(postern):
    with pytest.raises(CtlFailed):
        postern.ctl("users", "role", "ann@example.org/phone", "operator")
