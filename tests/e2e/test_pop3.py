"""POP3: mail is left on the server, and none of it is announced twice."""

import time

from mails import mail, unique
from test_presence import DIGEST, NOTHING, QUIET, settle

ALSO_ON = ["cyrus"]  # Courier asks for ten seconds between two logins: test_courier.py


def test_mail_that_was_there_is_not_announced_and_what_comes_is_once(juliet):
    old = unique("old")
    juliet.receive(mail(old))
    contact = juliet.register_pop3("post")
    new = unique("new")
    juliet.receive(mail(new, "The text of it."))
    juliet.check("post")
    chat = juliet.client.await_message(new, sender=contact, seconds=15)
    assert "The text of it." in chat.body
    time.sleep(1)
    assert sum(new in body for body in juliet.client.bodies()) == 1
    assert not any(old in body for body in juliet.client.bodies())
    assert len(juliet.site.mailboxes.mails(juliet.address)) == 2  # nothing was deleted


def test_the_form_has_no_mailbox_path(juliet):
    assert "mailbox" not in juliet.client.form(f"{juliet.gateway}/POP3")


def test_starttls_works_for_pop3_too(juliet):
    juliet.register_pop3("post", port=juliet.site.mailboxes.pop3_port, ssl=0)


def test_a_wrong_password_is_named_for_pop3_too(juliet):
    juliet.register_pop3("post", await_watching=False, password="wrong")
    presence = juliet.client.await_presence(juliet.contact("post"), "dnd", seconds=15)
    assert "password" in presence.status


def test_mail_that_waits_while_away_comes_when_back(juliet):
    juliet.register_pop3("post", away_action="0")
    juliet.client.set_presence("away")
    time.sleep(1)
    subject = unique("later")
    juliet.receive(mail(subject))
    assert juliet.client.hears_nothing(subject, 2)
    juliet.client.set_presence()
    juliet.client.await_message(subject, seconds=15)


def test_a_digest_lists_what_came_and_comes_once(juliet):
    contact = juliet.register_pop3("post", away_action=DIGEST)
    juliet.client.set_presence("away")
    settle(juliet, "away")
    subjects = [unique(f"collected {i}") for i in range(2)]
    for subject in subjects:
        juliet.receive(mail(subject, "the text of it"))
    juliet.check("post")
    digest = juliet.client.await_message(subjects[1], sender=contact)
    assert digest.body.startswith("2 new mails\n") and subjects[0] in digest.body
    assert "the text of it" not in digest.body
    # Back online there is a look at once, which finds only what is new.
    last = unique("in full")
    juliet.receive(mail(last, "the text of it"))
    juliet.client.set_presence()
    assert "the text of it" in juliet.client.await_message(last, sender=contact, seconds=15).body
    assert sum("collected" in body for body in juliet.client.bodies()) == 1


def test_live_email_only_passes_over_what_came_while_offline(juliet):
    juliet.register_pop3("post", offline_action=NOTHING, live_email_only=1)
    juliet.client.go_offline()
    settle(juliet, "offline")
    missed, live = unique("missed"), unique("live")
    juliet.receive(mail(missed))
    time.sleep(QUIET)  # Received fields know only seconds
    juliet.client.set_presence()
    settle(juliet, "online")
    time.sleep(QUIET)
    juliet.receive(mail(live))
    juliet.check("post")
    juliet.client.await_message(live, seconds=10)
    assert not any(missed in body for body in juliet.client.bodies())


def test_the_last_mails_can_be_fetched(juliet):
    subject = unique("fetched")
    juliet.receive(mail(subject, "Left on the server."))
    contact = juliet.register_pop3("post")
    step = juliet.client.command(contact, "jmc#get-email")
    label, value = step.form.options["emails"][0]
    assert subject in label
    juliet.client.command(contact, "jmc#get-email", session=step.session, emails=[value],
                          fetch_more="0")
    assert "Left on the server." in juliet.client.await_message(subject, sender=contact).body
