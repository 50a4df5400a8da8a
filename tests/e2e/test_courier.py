"""Courier wants ten seconds between two POP3 logins (LOGIN-DELAY), and gets them."""

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
