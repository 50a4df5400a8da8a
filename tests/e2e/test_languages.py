"""Each user is spoken to in their own language."""

import pytest

from client import Client
from mails import mail, unique
from member import Member

# What the gateway calls one account, in its status.
ONE_ACCOUNT = {"en": "1 account registered", "fr": "1 compte", "de": "1 Konto", "es": "1 cuenta",
               "nl": "1 account", "pl": "1 zarejestrowane konto", "cs": "1 účet", "ru": "1 уч"}


@pytest.fixture
def speaker(site, postern, new_member):
    """Makes a member whose client speaks a language."""
    members = []

    def make(lang):
        person = new_member("polyglot", online=False).person
        member = Member(person, site, postern, lang=lang)
        member.client.connect()
        members.append(member)
        return member

    yield make
    for member in members:
        member.client.disconnect()


@pytest.mark.parametrize("lang", ONE_ACCOUNT)
def test_forms_statuses_and_messages_are_in_the_language_of_the_client(speaker, lang):
    member = speaker(lang)
    english = Client(member.person, member.site.jabber, "english").connect().full_form
    form = member.client.full_form(f"{member.gateway}/IMAP")
    plain = english(f"{member.gateway}/IMAP")
    assert form.values.keys() == plain.values.keys()
    if lang != "en":
        assert form.labels["store_password"] != plain.labels["store_password"]
        assert form.instructions != plain.instructions
    member.register_imap("work")
    member.client.await_presence(member.gateway, containing=ONE_ACCOUNT[lang])


def test_a_mail_comes_with_its_head_in_the_readers_language(speaker):
    member = speaker("de-AT")
    member.register_imap("work")
    subject = unique("Grüße")
    member.receive(mail(subject))
    assert "Betreff" in member.client.await_message(subject).body


def test_a_refusal_of_the_mail_server_is_told_in_the_users_language(speaker):
    member = speaker("fr")
    member.register_imap("work", await_watching=False, password="wrong")
    presence = member.client.await_presence(member.contact("work"), "dnd", seconds=15)
    assert "mot de passe" in presence.status


def test_a_language_that_is_chosen_counts_before_the_clients(speaker):
    member = speaker("fr")
    member.register_imap("work")
    step = member.client.command(member.gateway, "postern#preferences")
    assert "de" in [value for _, value in step.form.options["language"]]
    member.client.command(member.gateway, "postern#preferences", session=step.session,
                          language="de")
    subject = unique("Wahl")
    member.receive(mail(subject))
    assert "Betreff" in member.client.await_message(subject).body


def test_a_language_without_a_catalogue_falls_back_to_english(speaker):
    member = speaker("tlh")
    assert "Password" in member.client.full_form(f"{member.gateway}/IMAP").labels["password"]
