"""What the operator sets for everybody: a welcome, a message of the day, a relay, addresses."""

import pytest

from client import DATA, DISCO_INFO, Refused
from mails import unique


def test_the_operators_words_are_told_once_and_without_a_restart(juliet, new_member):
    juliet.register_imap("work")
    motd, welcome = unique("Maintenance on Sunday"), unique("Welcome to the tests")
    juliet.postern.set_texts(welcome, motd)
    try:
        juliet.client.await_message(motd, sender=juliet.gateway, seconds=25)
        juliet.client.disconnect()
        juliet.client.forget()
        juliet.client.connect()
        romeo = new_member("romeo")
        romeo.register_smtp("out")
        romeo.client.await_message(welcome)
        romeo.client.await_message(motd)
        romeo.client.forget()
        romeo.register_imap("work")
        assert romeo.client.hears_nothing("Welcome", 1)
        assert not any(motd in body for body in juliet.client.bodies() + romeo.client.bodies())
    finally:
        juliet.postern.set_texts()


def test_the_addresses_of_the_operator_are_found_by_discovery(juliet):
    query = juliet.client._discover(DISCO_INFO, juliet.gateway, None)
    form = query.find(f"{{{DATA}}}x")
    values = [value.text for value in form.iter(f"{{{DATA}}}value")]
    assert "http://jabber.org/network/serverinfo" in values
    assert "mailto:abuse@mail.test" in values


def test_who_has_no_smtp_server_sends_through_the_operators(juliet):
    types = {node for _, node, _ in juliet.client.items(juliet.gateway)}
    assert "GlobalSMTP" in types
    form = juliet.client.form(f"{juliet.gateway}/GlobalSMTP")
    assert {"host", "login", "password"}.isdisjoint(form)
    juliet.client.register(f"{juliet.gateway}/GlobalSMTP", name="relay",
                           default_from=f"Juliet <{juliet.person.name}@mail.test>")
    subject = unique("by the relay")
    id = juliet.client.send(juliet.gateway, f"To: bob@elsewhere.test\nSubject: {subject}\n\nHello")
    juliet.client.await_receipt(id)
    mail = juliet.site.recorder.await_subject(subject)
    assert mail.sender == f"{juliet.person.name}@mail.test"
    assert mail.login == "the-relay"

    forged = unique("in another's name")
    for sender in ("boss@mail.test", "The Boss <boss@mail.test>"):
        id = juliet.client.send(juliet.gateway, f"To: bob@elsewhere.test\nFrom: {sender}\n"
                                f"Subject: {forged}\n\nHello")
        # Some clients take an error's text for markup.
        shown = sender.replace("<", "‹").replace(">", "›")
        assert shown in juliet.client.await_error(id).error_text
    # Their own address may bear any name.
    signed = unique("in my name")
    juliet.client.send(juliet.gateway, f"To: bob@elsewhere.test\nFrom: J. C. <{mail.sender}>\n"
                       f"Subject: {signed}\n\nHello")
    assert "J. C." in juliet.site.recorder.await_subject(signed).mail["From"]
    assert not juliet.site.recorder.with_subject(forged)


def test_nobody_sends_through_the_operators_relay_as_somebody_else(juliet):
    with pytest.raises(Refused) as refused:
        juliet.client.register(f"{juliet.gateway}/GlobalSMTP", name="relay",
                               default_from="The Boss <boss@mail.test>")
    assert "default_from" in refused.value.text


def test_another_folder_can_be_chosen_without_the_password(juliet):
    juliet.make_folders("Other")
    juliet.register_imap("work")
    juliet.client.register(f"{juliet.contact('work')}/IMAP", mailbox="Other")
    juliet.client.await_presence(juliet.contact("work"), containing="Other", seconds=10)
    with pytest.raises(Refused) as refused:
        juliet.client.register(f"{juliet.contact('work')}/IMAP", mailbox="No Such Folder")
    assert "No Such Folder" in refused.value.text
    assert juliet.account_id("work")
    assert juliet.postern.account(juliet.jid, "work")["mailbox"] == "Other"
