"""What can be said to the gateway by people whose client knows no commands."""

import pytest

from mails import mail, unique


@pytest.fixture
def reader(juliet):
    juliet.register_imap("work")
    juliet.register_smtp("out")
    return juliet


def say(member, text, to=None):
    """Says it to the gateway; its answer."""
    to = to or member.gateway
    member.client.forget()
    member.client.send(to, text)
    return member.client.await_message(sender=to, type="chat").body


def test_the_gateway_tells_how_accounts_fare(reader):
    reader.register_imap("gone", await_watching=False, port=reader.site.closed_port)
    reader.client.await_presence(reader.contact("gone"), "dnd", seconds=15)
    gone, out, work = sorted(say(reader, "accounts").splitlines())
    assert (work, out) == ("work (IMAP): works", "out (SMTP): works")
    assert gone.startswith("gone (IMAP): localhost port ") and "refuses" in gone
    (error,) = say(reader, "Errors").splitlines()
    assert error.startswith("gone, ") and error.endswith("The error is still there.")


def test_the_gateway_looks_for_mail_when_it_is_told_to(reader):
    reader.register_pop3("post")
    post = unique("by POP3")
    reader.receive(mail(post))
    assert say(reader, "check post") == "'post' is being checked; new mail follows, if there is any."
    reader.client.await_message(post, sender=reader.contact("post"), seconds=10)
    both = say(reader, "check").splitlines()
    assert sorted(both)[0].startswith("'post'") and "less than a minute ago" in sorted(both)[0]
    assert sorted(both)[1].startswith("'work' is being checked")
    assert 'no account "nope"' in say(reader, "check nope")


def test_who_has_no_account_yet_is_told_to_register(juliet):
    assert "Register one" in say(juliet, "accounts")
    assert "no account that receives mail" in say(juliet, "check")
    assert "Register one" in say(juliet, "language fr")


def test_a_language_is_chosen_by_a_word(reader):
    offered = say(reader, "language")
    assert "fr (Français)" in offered and "de (Deutsch)" in offered
    assert "tlh" in say(reader, "language tlh")
    assert "français" in say(reader, "language fr")
    reader.client.await_presence(reader.gateway, containing="2 comptes enregistrés")
    # From now on in French as well as in English.
    assert say(reader, "comptes") == say(reader, "accounts")
    assert "work (IMAP)" in say(reader, "Comptes")
    say(reader, "language auto")
    assert "works" in say(reader, "accounts")


def test_help_is_given_by_every_contact_in_its_own_words(reader):
    for to in (reader.gateway, f"help@{reader.gateway}"):
        text = say(reader, "Help", to)
        assert "accounts - " in text and "To: ann@example.org" in text
        assert "work (IMAP): works" in say(reader, "accounts", to)
    assert "reply function" in say(reader, "help", reader.contact("work"))
    assert "sends mail from" in say(reader, "?", reader.contact("out"))
    assert "bob@elsewhere.test" in say(reader, "help", reader.address_contact("bob@elsewhere.test"))


def test_what_is_no_command_is_refused_with_a_hint(reader):
    for text in ("accounts please", "checks", "accounts\nwork"):
        id = reader.client.send(reader.gateway, text)
        assert '"help"' in reader.client.await_error(id).error_text


def test_to_other_contacts_the_same_words_are_mail(reader):
    subject = unique("What shall I do?")
    reader.receive(mail(subject))
    contact = reader.client.await_message(subject).sender
    for text in ("check", "accounts", "language fr"):
        id = reader.client.send(contact, text)
        reader.client.await_receipt(id)
        assert text in [sent.mail.get_content().strip()
                        for sent in reader.site.recorder.with_subject(f"Re: {subject}")]
    id = reader.client.send(reader.address_contact("bob@elsewhere.test"), "errors")
    reader.client.await_receipt(id)
    assert reader.site.recorder.received[-1].mail.get_content().strip() == "errors"
