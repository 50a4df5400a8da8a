"""What a mail server reports later, in a mail of its own, is told on the message it is about."""

import pytest

from mails import mail, raw, unique
from servers.daemon import wait_until
from test_presence import DIGEST


@pytest.fixture
def writer(juliet):
    juliet.register_imap("work")
    juliet.register_smtp("out")
    return juliet


def send(writer, *recipients, contact=None):
    """Sends a mail to the recorder; its stanza's id, and the mail as it left."""
    subject = unique("Soon back")
    id = writer.client.send(contact or writer.gateway,
                            f"To: {', '.join(recipients)}\nSubject: {subject}\n\nHello")
    received = writer.site.recorder.await_subject(subject)
    writer.client.await_receipt(id)
    return id, received.mail["Message-ID"]


def report(message_id, *recipients, action="failed", status="5.1.1",
           diagnostic="smtp; 550 5.1.1 no such user", subject="Undelivered Mail", returned=""):
    blocks = "".join(f"\nFinal-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
                     f"Diagnostic-Code: {diagnostic}\n" for recipient in recipients)
    body = (f"--b\nContent-Type: text/plain\n\nSorry.\n--b\n"
            f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.elsewhere.test\n"
            f"{blocks}\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {message_id}\n"
            f"{returned}--b--\n").replace("\n", "\r\n").encode()
    return raw(subject, 'multipart/report; report-type=delivery-status; boundary="b"', body)


def test_postfix_bounces_a_mail_that_it_took_and_the_author_is_told_on_that_message(writer):
    writer.register_smtp("relay", server=writer.site.postfix)
    subject = unique("Bounced")
    id = writer.client.send(writer.contact("relay"),
                            f"To: bob@bounces.test\nSubject: {subject}\n\nHello")
    writer.client.await_receipt(id)
    error = writer.client.await_error(id, seconds=15)
    assert error.condition == "item-not-found"
    assert "bob@bounces.test" in error.error_text
    assert "There is no such mailbox" in error.error_text
    assert "nobody of that name here" in error.error_text, "the server's own words"
    # It is in the mailbox for whoever looks there, and is no chat message.
    wait_until(lambda: len(writer.site.mailboxes.mails(writer.address)) == 1, 5, "the bounce")
    writer.client.hears_nothing("Undelivered", 1)


def test_a_report_of_a_delay_is_told_once(writer):
    id, message_id = send(writer, "bob@elsewhere.test")
    late = dict(action="delayed", status="4.4.1", diagnostic="smtp; connect timed out")
    writer.receive(report(message_id, "bob@elsewhere.test", **late))
    note = writer.client.await_message("Not yet sent to bob@elsewhere.test")
    assert "connect timed out" in note.body and "tried again" in note.body
    writer.client.forget()
    writer.receive(report(message_id, "bob@elsewhere.test", **late))
    writer.receive(report(message_id, "bob@elsewhere.test"))
    writer.client.await_error(id)
    assert not [body for body in writer.client.bodies() if "Not yet" in body]


def test_a_report_that_names_others_than_the_mails_recipients_is_a_mail_like_any_other(writer):
    _, message_id = send(writer, "bob@elsewhere.test")
    for forged in ((message_id, "eve@elsewhere.test"),
                   (message_id, "bob@elsewhere.test", "eve@elsewhere.test"),
                   ("<made-up@elsewhere.test>", "bob@elsewhere.test")):
        subject = unique("Forged")
        writer.receive(report(*forged, subject=subject))
        assert writer.client.await_message(subject).type == "chat"


def test_a_report_on_anothers_mail_tells_nothing_of_it(writer, new_member):
    romeo = new_member("romeo")
    romeo.register_imap("work")
    _, message_id = send(writer, "bob@elsewhere.test")
    subject = unique("Whose")
    romeo.receive(report(message_id, "bob@elsewhere.test", subject=subject))
    assert romeo.client.await_message(subject).type == "chat"


def test_an_ordinary_mail_beside_a_bounce_still_comes(writer):
    id, message_id = send(writer, "bob@elsewhere.test")
    subject = unique("Beside")
    writer.receive(report(message_id, "bob@elsewhere.test"))
    writer.receive(mail(subject))
    writer.client.await_error(id)
    writer.client.await_message(subject)


def test_a_bounce_is_an_error_in_a_digest_too_and_no_mail_of_it(juliet):
    contact = juliet.register_imap("work", online_action=DIGEST)
    juliet.register_smtp("out")
    id, message_id = send(juliet, "bob@elsewhere.test")
    subject = unique("for the digest")
    juliet.receive(mail(subject))
    juliet.receive(report(message_id, "bob@elsewhere.test"))
    wait_until(lambda: len(juliet.site.mailboxes.mails(juliet.address)) == 2, 5, "both mails")
    juliet.check("work")
    digest = juliet.client.await_message(subject, sender=contact, seconds=15).body
    assert digest.startswith("1 new mail\n") and "Undelivered" not in digest
    assert "no such user" in juliet.client.await_error(id).error_text


def test_a_bounce_with_a_large_mail_in_it_is_a_bounce(writer):
    id, message_id = send(writer, "bob@elsewhere.test")
    returned = "Subject: what was sent\n\n" + "x" * 70 + "\n"
    lines = "".join(f"{i:070}\n" for i in range(30_000))
    writer.receive(report(message_id, "bob@elsewhere.test", returned=returned + lines))
    assert "no such user" in writer.client.await_error(id, seconds=20).error_text
    assert writer.client.hears_nothing("Undelivered", 1)
