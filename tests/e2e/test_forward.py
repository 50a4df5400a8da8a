"""Mails that are passed on, or quoted below an answer: they are read from their mailbox again."""

import pytest

from mails import mail, unique
from test_more_mailboxes import append, await_first_sight, watch

TEXT = "Schöne Grüße aus Köln,\nund bis bald.\n"


@pytest.fixture
def writer(juliet):
    juliet.register_imap("work")
    juliet.register_smtp("out")
    return juliet


def arrive(writer, subject, text=TEXT, **more):
    one = mail(subject, text, **more)
    writer.receive(one)
    return one, writer.client.await_message(subject, seconds=15)


def text_of(received):
    return received.mail.get_body(("plain",)).get_content()


def test_a_mail_goes_on_with_its_head_and_its_umlauts(writer):
    subject = unique("Grüße")
    original, chat = arrive(writer, subject, sender="Jörg Müller <joerg@elsewhere.test>")
    id = writer.client.send(chat.sender, "Forward: bob@elsewhere.test, Eve <eve@elsewhere.test>\n\n"
                            "Für euch beide.", reply_to=chat)
    received = writer.site.recorder.await_subject(f"Fwd: {subject}")
    writer.client.await_receipt(id)
    assert sorted(received.recipients) == ["bob@elsewhere.test", "eve@elsewhere.test"]
    text = text_of(received)
    assert text.startswith("Für euch beide.")
    assert "Jörg Müller" in text and "joerg@elsewhere.test" in text
    assert subject in text
    for line in TEXT.splitlines():
        assert line in text and f"> {line}" not in text
    assert received.mail["In-Reply-To"] is None
    assert original["Message-ID"] in received.mail["References"]


def test_the_attachments_go_along(writer):
    subject = unique("Bill")
    one = mail(subject, TEXT)
    bill = bytes(range(256)) * 2000
    one.add_attachment(b"%PDF-1.4" + bill, maintype="application", subtype="pdf",
                       filename="bill.pdf")
    one.add_attachment("Grüße\n", subtype="csv", filename="grüße.csv")
    writer.receive(one)
    chat = writer.client.await_message(subject, seconds=15)
    writer.client.send(chat.sender, "Fwd: bob@elsewhere.test", reply_to=chat)
    received = writer.site.recorder.await_subject(f"Fwd: {subject}")
    assert "Schöne Grüße" in text_of(received)
    parts = {part.get_filename(): part for part in received.mail.iter_attachments()}
    assert parts["bill.pdf"].get_content() == b"%PDF-1.4" + bill
    assert parts["bill.pdf"].get_content_type() == "application/pdf"
    assert parts["grüße.csv"].get_payload(decode=True).decode().strip() == "Grüße"


def test_an_answer_quotes_the_mail_if_it_says_so(writer):
    subject = unique("Question")
    original, chat = arrive(writer, subject)
    writer.client.send(chat.sender, "Quote: yes\nGern.", reply_to=chat)
    received = writer.site.recorder.await_subject(f"Re: {subject}")
    text = text_of(received)
    assert text.startswith("Gern.")
    assert "Ann Example wrote:" in text
    assert "> Schöne Grüße aus Köln,\n> und bis bald." in text.replace("\r\n", "\n")
    assert received.mail["In-Reply-To"] == original["Message-ID"]


def test_a_mail_that_is_gone_is_said_to_be_and_nothing_is_sent(writer):
    subject = unique("Gone")
    _, chat = arrive(writer, subject)
    with writer.site.mailboxes.open(writer.address) as client:
        client.select("INBOX")
        client.store("1:*", "+FLAGS", "\\Deleted")
        client.expunge()
    id = writer.client.send(chat.sender, "Forward: bob@elsewhere.test\nlook", reply_to=chat)
    assert "can't be read from the mailbox any more" in writer.client.await_error(id).error_text
    assert not writer.site.recorder.with_subject(f"Fwd: {subject}")


def test_mail_that_came_by_pop3_goes_on_too(juliet):
    contact = juliet.register_pop3("post")
    juliet.register_smtp("out")
    subject = unique("Grüße")
    juliet.receive(mail(subject, TEXT))
    juliet.check("post")
    chat = juliet.client.await_message(subject, sender=contact, seconds=15)
    juliet.client.send(contact, "Forward: bob@elsewhere.test\nSieh.", reply_to=chat)
    received = juliet.site.recorder.await_subject(f"Fwd: {subject}")
    assert "Schöne Grüße aus Köln," in text_of(received)
    assert text_of(received).startswith("Sieh.")


def test_mail_of_a_further_folder_goes_on_too(juliet):
    folder = "Büro & Co"
    juliet.make_folders(folder)
    contact = juliet.register_imap("work")
    juliet.register_smtp("out")
    watch(juliet, folder)
    await_first_sight(juliet, 2)
    subject = unique("Office")
    append(juliet, folder, subject)
    juliet.check("work")
    chat = juliet.client.await_message(subject, sender=contact, seconds=15)
    juliet.client.send(contact, "Forward: bob@elsewhere.test\nSieh.", reply_to=chat)
    assert "Hello." in text_of(juliet.site.recorder.await_subject(f"Fwd: {subject}"))
