"""Passwords that are not stored: asked for at each login, kept in memory alone, wiped at logout."""

import time

import pytest

from client import Refused
from mails import mail, unique
from servers.daemon import wait_until
from test_presence import settle


@pytest.fixture
def forgetful(juliet):
    """Somebody whose mailbox password the gateway does not keep."""
    juliet.register_imap("work", store_password=0)
    return juliet


def log_in_again(member):
    member.client.disconnect()
    settle(member, "offline")
    member.client.forget()
    member.client.connect()


def asked(member, name="work"):
    return member.client.await_message("password", sender=member.contact(name), seconds=15)


def answer(member, question, password=None):
    """By the client's reply function: that is never taken for anything else."""
    member.client.send(question.sender, password or member.person.mail_password,
                       reply_to=question)


def test_the_password_of_the_form_serves_until_logout_then_it_is_asked_for(forgetful):
    first = unique("first")
    forgetful.receive(mail(first))
    forgetful.client.await_message(first)
    forgetful.client.disconnect()
    # Wiped, not just unused: the operator sees that it is gone.
    wait_until(lambda: forgetful.health("work") == "ASKING", 10, "the password to be wiped")
    assert "needs its password" in forgetful.postern.ctl("accounts", "show",
                                                         f"{forgetful.jid}/work")
    waiting = unique("waiting")
    forgetful.receive(mail(waiting))
    forgetful.client.forget()
    forgetful.client.connect()
    asked(forgetful)
    # Nobody has read the question sooner; and this client has no reply function.
    assert forgetful.client.hears_nothing(waiting, 4)
    forgetful.client.send(forgetful.contact("work"), forgetful.person.mail_password)
    forgetful.client.await_message(waiting, seconds=10)
    forgetful.client.await_presence(forgetful.contact("work"), seconds=10)


def test_the_password_of_a_pop3_account_is_asked_for_too(juliet):
    contact = juliet.register_pop3("post", store_password=0)
    log_in_again(juliet)
    subject = unique("by POP3")
    juliet.receive(mail(subject))
    answer(juliet, asked(juliet, "post"))
    juliet.client.await_message("password is being tried", sender=contact)
    juliet.client.await_presence(contact, containing="pop3", seconds=10)
    juliet.client.await_message(subject, sender=contact, seconds=10)


def test_what_may_not_be_the_password_is_neither_taken_nor_mailed(forgetful):
    contact = forgetful.contact("work")
    forgetful.register_smtp("out")
    subject = unique("to be answered")
    forgetful.receive(mail(subject))
    forgetful.client.await_message(subject)
    log_in_again(forgetful)
    asked(forgetful)
    # Typed before the question can have been read: it may be an answer to the mail.
    early = forgetful.client.send(contact, forgetful.person.mail_password)
    doubt = forgetful.client.await_message("Is this the password", sender=contact)
    assert forgetful.person.mail_password not in doubt.body
    lines = forgetful.client.send(contact, "Dear Ann,\nthank you for your mail.")
    refused = forgetful.client.await_error(lines)
    assert "one line" in refused.error_text and "To:" in refused.error_text
    assert forgetful.health("work") == "ASKING"
    # Said once more it is meant.
    again = forgetful.client.send(contact, forgetful.person.mail_password)
    forgetful.client.await_message("password is being tried", sender=contact)
    forgetful.client.await_presence(contact, containing="imap", seconds=10)
    after = unique("after")
    forgetful.client.send(forgetful.gateway, f"To: bob@elsewhere.test\nSubject: {after}\n\nHello")
    forgetful.site.recorder.await_subject(after)
    assert not forgetful.site.recorder.with_subject(f"Re: {subject}")
    assert not {early, lines, again} & {chat.receipt_for for chat in forgetful.client.messages}


def test_who_has_the_password_stored_is_asked_no_more(forgetful):
    entry = f"{forgetful.contact('work')}/IMAP"
    with pytest.raises(Refused) as refused:
        forgetful.client.submit(entry, store_password=1)
    assert "password" in refused.value.text
    forgetful.client.submit(entry, store_password=1, password=forgetful.person.mail_password)
    log_in_again(forgetful)
    subject = unique("stored")
    forgetful.receive(mail(subject))
    forgetful.client.await_message(subject, seconds=10)
    assert not any("password" in body for body in forgetful.client.bodies())


def test_a_wrong_password_is_asked_for_again_and_says_so(forgetful):
    log_in_again(forgetful)
    question = asked(forgetful)
    forgetful.client.forget()
    answer(forgetful, question, "not-the-password")
    again = forgetful.client.await_message("refused", sender=forgetful.contact("work"), seconds=15)
    assert "password" in again.body
    answer(forgetful, again)
    forgetful.client.await_presence(forgetful.contact("work"), containing="imap", seconds=10)


def test_a_client_with_forms_fills_in_the_one_in_the_question(forgetful):
    log_in_again(forgetful)
    question = asked(forgetful)
    form = forgetful.client.form_in(question)
    assert "work" in form.title
    assert form.types["password"] == "text-private"
    forgetful.client.send_form(question.sender, **{**form.values, "password": "wrong"})
    again = forgetful.client.await_message("refused", sender=question.sender, seconds=15)
    form = forgetful.client.form_in(again)
    forgetful.client.send_form(again.sender, **{**form.values,
                                                "password": forgetful.person.mail_password})
    forgetful.client.await_message("password is being tried", sender=question.sender)
    forgetful.client.await_presence(question.sender, containing="imap", seconds=10)


def test_a_client_with_commands_gives_it_by_a_command(forgetful):
    log_in_again(forgetful)
    asked(forgetful)
    step = forgetful.client.command(forgetful.contact("work"), "postern#password")
    assert step.form.types["password"] == "text-private"
    done = forgetful.client.command(forgetful.contact("work"), "postern#password",
                                    session=step.session,
                                    password=forgetful.person.mail_password)
    assert done.status == "completed"
    forgetful.client.await_presence(forgetful.contact("work"), containing="imap", seconds=10)


def test_the_answer_is_never_mailed_echoed_logged_or_stored(forgetful):
    forgetful.register_smtp("out")
    subject = unique("to be answered")
    forgetful.receive(mail(subject))
    forgetful.client.await_message(subject)
    log_in_again(forgetful)
    question = asked(forgetful)
    sent_before = len(forgetful.site.recorder.received)
    password = forgetful.person.mail_password
    # Twice: the second must not become the answer to the newest mail.
    answer(forgetful, question)
    forgetful.client.await_presence(forgetful.contact("work"), containing="imap", seconds=10)
    forgetful.client.send(forgetful.contact("work"), password)
    time.sleep(2)
    assert len(forgetful.site.recorder.received) == sent_before
    assert not any(password in body for body in forgetful.client.bodies())
    for name, text in forgetful.postern.logs().items():
        assert password not in text, f"the password is in the log of {name}"
    for path in forgetful.postern.folder.rglob("*"):
        if path.is_file() and ("appendonly" in str(path) or path.suffix in (".aof", ".rdb")):
            assert password.encode() not in path.read_bytes(), f"the password is in {path}"


def test_mail_waits_for_the_password_of_the_account_that_sends_it(juliet):
    juliet.register_smtp("out", store_password=0)
    log_in_again(juliet)
    question = asked(juliet, "out")
    subject = unique("waits for the password")
    id = juliet.client.send(juliet.gateway, f"To: bob@elsewhere.test\nSubject: {subject}\n\nHello")
    time.sleep(2)
    assert not juliet.site.recorder.with_subject(subject)
    answer(juliet, question)
    juliet.client.await_receipt(id, seconds=20)
    assert juliet.site.recorder.with_subject(subject)


def test_who_gave_the_password_in_the_form_is_not_asked_for_it(new_member):
    members = [new_member("juliet") for _ in range(4)]
    for number, member in enumerate(members):
        register = member.register_pop3 if number % 2 else member.register_imap
        register("work", store_password=0)
    time.sleep(1)
    assert not [body for member in members for body in member.client.bodies()
                if "password" in body]
