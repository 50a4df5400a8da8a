"""Courier wants ten seconds between two POP3 logins (LOGIN-DELAY), and gets them. By IMAP it keeps a
mailbox's numbers only once that was opened for writing."""

import time

from mails import mail, unique

ONLY_ON = ["courier"]
LOGIN_DELAY = 10


def test_a_mailbox_is_read_by_pop3_no_sooner_than_its_server_wants(juliet):
    old, new = unique("old"), unique("new")
    juliet.receive(mail(old))
    # The trial was the first login, the watcher's is the second.
    contact = juliet.register_pop3("post", seconds=LOGIN_DELAY + 10)
    juliet.receive(mail(new, "The text of it."))
    juliet.check("post")
    chat = juliet.client.await_message(new, sender=contact, seconds=LOGIN_DELAY + 10)
    assert "The text of it." in chat.body
    assert not any(old in body for body in juliet.client.bodies())
    assert len(juliet.site.mailboxes.mails(juliet.address)) == 2  # nothing was deleted


def test_mail_that_comes_between_two_connections_arrives(juliet):
    """No client ever opened the mailbox but ours."""
    juliet.register_imap("work")
    account = f"{juliet.jid}/work"
    for _ in range(2):
        subjects = [unique(f"between {i}") for i in range(2)]
        juliet.postern.ctl("accounts", "disable", account)
        time.sleep(1.5)  # numbers that aren't kept are made of the time, in seconds
        for subject in subjects:
            juliet.receive(mail(subject))
        juliet.postern.ctl("accounts", "enable", account)
        for subject in subjects:
            juliet.client.await_message(subject, seconds=15)
        assert not any(b"\\Seen" in flags for flags in juliet.site.mailboxes.flags(juliet.address))
