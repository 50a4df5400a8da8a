"""Each user is spoken to in their own language."""

import pytest

from client import Client, Refused
from mails import mail, unique
from servers.daemon import wait_until
from test_commands import words_of
from test_presence import DIGEST, settle

# What the gateway calls one account, in its status.
ONE_ACCOUNT = {"en": "1 account registered", "fr": "1 compte", "de": "1 Konto", "es": "1 cuenta",
               "nl": "1 account geregistreerd", "pl": "1 zarejestrowane konto", "cs": "1 účet", "ru": "1 уч"}


@pytest.fixture
def speaker(new_member):
    """Makes a member whose client speaks a language."""
    return lambda lang: new_member("polyglot", lang=lang)


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


def test_a_newcomer_is_welcomed_in_the_language_of_their_client(speaker):
    member = speaker("pl")
    member.register_imap("work")
    member.client.await_message("Utworzono nowe konto „work”", sender=member.gateway)
    welcome = member.client.await_message("Witamy!", sender=member.gateway)
    # What is typed is the same in every language.
    assert "To: someone@example.org" in welcome.body and "„pomoc”" in welcome.body


def test_a_digest_counts_as_the_language_does(speaker):
    member = speaker("pl")
    member.client.set_presence("away")
    for count, words in ((1, "1 nowy e-mail"), (2, "2 nowe e-maile"), (5, "5 nowych e-maili")):
        # An account for each, as a check is forced once a minute; by POP3 it sees all that came.
        contact = member.register_pop3(f"nr{count}", away_action=DIGEST)
        settle(member, "away")
        subjects = [unique(f"liczba {i}") for i in range(count)]
        for subject in subjects:
            member.receive(mail(subject))
        member.check(f"nr{count}")
        digest = member.client.await_message(subjects[-1], sender=contact)
        assert digest.body.startswith(f"{words}\n")
        assert all(subject in digest.body for subject in subjects)


def test_a_wrong_field_is_explained_in_the_users_language(speaker):
    member = speaker("fr")
    with pytest.raises(Refused) as refused:
        member.register_imap("work", await_watching=False, port="beaucoup")
    assert refused.value.text.replace("\u00a0", " ").replace("\u202f", " ") == (
        "Erreur dans le champ « port » (Port) : doit être un nombre de 1 à 65535")


def test_the_question_before_a_removal_is_in_the_users_language(speaker):
    member = speaker("de")
    member.register_imap("work")
    with pytest.raises(Refused) as question:
        member.client.ask_removal(f"{member.contact('work')}/IMAP")
    assert question.value.text.startswith("Es wurde noch nichts entfernt. Um das Konto work ")
    # Some clients hide the texts of errors.
    member.client.await_message(question.value.text, sender=member.gateway)


def test_the_last_error_is_told_in_the_users_language(speaker):
    member = speaker("es")
    member.register_imap("work", await_watching=False, port=member.site.closed_port)
    member.client.await_presence(member.contact("work"), "dnd", seconds=15)
    step = member.client.command(member.contact("work"), "jcl#get-last-error")
    assert step.form.title == "Último error de «work»"
    assert "localhost rechaza la conexión en el puerto" in words_of(step)
    assert "El error continúa." in words_of(step)


def test_what_became_of_a_mail_is_told_in_its_authors_language(speaker):
    member = speaker("nl")
    member.register_smtp("out")
    id = member.client.send(member.gateway, "To: refused@elsewhere.test\n\nHallo")
    text = member.client.await_error(id).error_text
    assert text.startswith("Niet verzonden naar refused@elsewhere.test: ")
    assert "no such person here" in text  # the mail server's own words


def test_mail_is_scheduled_and_taken_back_in_words_of_the_users_language(speaker):
    member = speaker("de")
    member.register_smtp("out")
    to = member.address_contact("bob@elsewhere.test")
    member.client.send(to, f"Subject: {unique('Grüße')}\nSenden: übermorgen um 9 Uhr\n\nHallo.")
    told = member.client.await_message("Wird am ", sender=to).body
    assert "9:00" in told and "„abbrechen“" in told
    (queued,) = member.queued()
    member.client.send(to, "Abbrechen")
    member.client.await_message("Zurückgenommen: „Grüße", sender=to)
    wait_until(lambda: not member.queued(), 5, "an empty queue")
    member.client.send(to, "Senden: irgendwann\n\nHallo.", id="wann")
    assert "nennt keine Zeit" in member.client.await_error("wann").error_text
    member.client.send(to, "abbrechen")
    member.client.await_message("wurde schon zurückgenommen", sender=to)


def test_a_language_that_is_chosen_counts_at_once_and_before_the_clients(speaker):
    member = speaker("fr")
    member.register_imap("work")
    member.client.await_presence(member.gateway, containing="1 compte enregistré")
    step = member.client.command(member.gateway, "postern#preferences")
    assert "de" in [value for _, value in step.form.options["language"]]
    member.client.forget()
    done = member.client.command(member.gateway, "postern#preferences", session=step.session,
                                 language="de")
    assert "Deutsch" in words_of(done)
    member.client.await_presence(member.gateway, containing="1 Konto registriert")
    member.client.await_presence(member.contact("work"), containing="überwacht")
    subject = unique("Wahl")
    member.receive(mail(subject))
    assert "Betreff" in member.client.await_message(subject).body


def test_a_language_without_a_catalogue_falls_back_to_english(speaker):
    member = speaker("tlh")
    assert "Password" in member.client.full_form(f"{member.gateway}/IMAP").labels["password"]
