"""How mail is sent: later, taken back, corrected, with signatures and as somebody else."""

import time

import pytest

from mails import unique
from servers.daemon import wait_until
from test_chat_commands import say

SENDING = "postern#sending"
CORRECT = "urn:xmpp:message-correct:0"
RETRACT = "urn:xmpp:message-retract:1"


def sending(member, *options):
    return member.postern.ctl("accounts", "sending", f"{member.jid}/out", *options)


@pytest.fixture
def writer(juliet):
    juliet.register_smtp("out")
    return juliet


@pytest.fixture
def hesitant(writer):
    """Somebody whose mail waits for so long that no story ends before."""
    sending(writer, "--undo", "100")
    wait_until(lambda: "waits 100 seconds" in say(writer, "sending"), 10, "the edge's news of it")
    return writer


def write(member, subject, text="Hello."):
    to = member.address_contact("bob@elsewhere.test")
    return to, member.client.send(to, f"Subject: {subject}\n\n{text}")


def test_a_mail_that_waits_is_cancelled_by_a_word(hesitant):
    subject = unique("Regret")
    to, _ = write(hesitant, subject)
    hesitant.client.await_message("It will be sent in 100 seconds", sender=to)
    hesitant.client.send(to, "cancel")
    hesitant.client.await_message(f'Taken back: "{subject}" is not sent to bob@elsewhere.test',
                                  sender=to)
    wait_until(lambda: not hesitant.queued(), 5, "an empty queue")
    hesitant.client.send(to, "Cancel!")
    hesitant.client.await_message(f'"{subject}" was taken back before', sender=to)


def test_the_word_that_takes_back_is_never_mailed(writer):
    to = writer.address_contact("bob@elsewhere.test")
    writer.client.send(to, "cancel")
    writer.client.await_message("There is nothing to take back", sender=to)
    assert not writer.queued()


def test_a_retraction_takes_back_what_waits(hesitant):
    to, id = write(hesitant, unique("Regret"))
    hesitant.client.await_message("It will be sent in", sender=to)
    hesitant.client.raw(f"<message to='{to}' type='chat' id='r1'>"
                        f"<retract xmlns='{RETRACT}' id='{id}'/></message>")
    hesitant.client.await_message("Taken back", sender=to)


def test_a_correction_is_the_mail_that_is_sent(hesitant):
    subject = unique("Typo")
    to, id = write(hesitant, subject, "Helo.")
    hesitant.client.await_message("It will be sent in", sender=to)
    sending(hesitant, "--undo", "1")
    wait_until(lambda: "waits 1 second" in say(hesitant, "sending"), 10, "the edge's news of it")
    hesitant.client.raw(f"<message to='{to}' type='chat' id='{id}-2'>"
                        f"<body>Subject: {subject}\n\nHello.</body>"
                        f"<replace xmlns='{CORRECT}' id='{id}'/></message>")
    received = hesitant.site.recorder.await_subject(subject)
    assert received.mail.get_content().strip() == "Hello."
    assert len(hesitant.site.recorder.with_subject(subject)) == 1


def test_what_has_left_is_neither_taken_back_nor_changed(writer):
    subject = unique("Gone")
    to, id = write(writer, subject)
    writer.site.recorder.await_subject(subject)
    writer.client.await_receipt(id)
    writer.client.raw(f"<message to='{to}' type='chat' id='late'>"
                      f"<retract xmlns='{RETRACT}' id='{id}'/></message>")
    assert "taken back" in writer.client.await_error("late").error_text
    writer.client.raw(f"<message to='{to}' type='chat' id='later'><body>Other</body>"
                      f"<replace xmlns='{CORRECT}' id='{id}'/></message>")
    assert "can't be changed" in writer.client.await_error("later").error_text


def test_a_mail_is_sent_when_its_line_says(writer):
    sending(writer, "--time-zone", "Europe/Berlin")
    wait_until(lambda: "Europe/Berlin" in say(writer, "sending"), 10, "the edge's news of it")
    subject = unique("Later")
    to = writer.address_contact("bob@elsewhere.test")
    begun = time.time()
    writer.client.send(to, f"Subject: {subject}\nSend: in 1 minute\n\nHello.")
    writer.client.await_message("(Europe/Berlin). Write \"cancel\" to stop it.", sender=to)
    assert writer.site.recorder.await_subject(subject, seconds=75)
    assert time.time() - begun > 50
    writer.client.send(to, "Send: yesterday\n\nHello.", id="wrong")
    assert '"Send: yesterday" names no time' in writer.client.await_error("wrong").error_text


def test_signatures_and_identities_are_seen_by_who_gets_the_mail(writer):
    form = writer.client.command(writer.contact("out"), SENDING).form
    assert form.values["undo_seconds"] == "0" and form.values["form"] == "plain"
    signature = writer.postern.folder / "signature.txt"
    signature.write_text("Juliet\nVerona\n")
    sending(writer, "--identity", "Sales <sales@example.test>", "--signature-file", signature,
            "--signature-of", "sales@example.test", "--form", "html")
    wait_until(lambda: "sales@example.test" in say(writer, "sending"), 10, "the edge's news of it")
    subject = unique("Offer")
    to = writer.address_contact("bob@elsewhere.test")
    writer.client.send(to, f"Subject: {subject}\nFrom: sales\n\nIt is *cheap*.")
    received = writer.site.recorder.await_subject(subject).mail
    assert [a.addr_spec for a in received["From"].addresses] == ["sales@example.test"]
    assert received["Jabber-ID"] == str(writer.jid)
    plain = received.get_body(("plain",)).get_content()
    assert "-- \nJuliet\nVerona" in plain.replace("\r\n", "\n")
    assert "<strong>cheap</strong>" in received.get_body(("html",)).get_content()


def test_a_dated_mail_waits_for_its_date_whatever_is_flushed_but_for_dated(writer):
    subject = unique("Tomorrow")
    to = writer.address_contact("bob@elsewhere.test")
    id = writer.client.send(to, f"Subject: {subject}\nSend: tomorrow 9:00\n\nHello.")
    writer.client.await_message("It will be sent on", sender=to)
    (queued,) = writer.queued()
    assert queued["last_error"] == "waits for its date"
    flushed = writer.postern.ctl("queue", "flush", "--owner", writer.jid)
    assert "0 mails are due now" in flushed and "1 mail waits for its date" in flushed
    time.sleep(1)
    assert not writer.site.recorder.with_subject(subject)
    assert "1 mail is due now" in writer.postern.ctl("queue", "flush", "--owner", writer.jid, "--dated")
    writer.site.recorder.await_subject(subject)
    writer.client.await_receipt(id)


def test_what_waits_when_its_account_is_disabled_is_sent_when_it_is_enabled(writer):
    sending(writer, "--undo", "2")
    wait_until(lambda: "waits 2 seconds" in say(writer, "sending"), 10, "the edge's news of it")
    subject = unique("Disabled")
    _, id = write(writer, subject)
    wait_until(writer.queued, 5, "the mail to be in the queue")
    writer.postern.ctl("accounts", "disable", f"{writer.jid}/out")
    wait_until(lambda: "disabled" in writer.queued()[0].get("last_error", ""), 10, "the reason")
    writer.postern.ctl("queue", "flush", "--owner", writer.jid, "--dated")
    time.sleep(1)
    assert len(writer.queued()) == 1 and not writer.site.recorder.with_subject(subject)
    writer.postern.ctl("accounts", "enable", f"{writer.jid}/out")
    writer.site.recorder.await_subject(subject)
    writer.client.await_receipt(id)
    assert not [chat for chat in writer.client.messages if chat.type == "error"]
