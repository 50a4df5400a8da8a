"""Bad input ends in a clear message to the person who can act on it, and in no restart."""

import time

import pytest

from mails import mail, raw, unique
from servers.daemon import wait_until

ACCOUNT_QUEUE_LIMIT = 1000  # services/sender: mails of one account that may wait


@pytest.fixture
def reader(juliet):
    juliet.register_imap("work")
    return juliet


def assert_error(member, name, *words, seconds=15):
    """The contact shows the error, says it once in a chat message, and the operator sees it."""
    contact = member.contact(name)
    presence = member.client.await_presence(contact, "dnd", seconds=seconds)
    said = member.client.await_message(sender=contact, seconds=5)
    shown = member.postern.account(member.jid, name)["health"]["error"]
    for text in (presence.status, said.body or said.error_text, shown):
        for word in words:
            assert word.lower() in text.lower(), f"{word!r} is not in {text!r}"
        assert member.person.mail_password not in text


def test_a_wrong_password_is_said_once_and_in_words(juliet):
    juliet.register_imap("work", await_watching=False, password="wrong")
    assert_error(juliet, "work", "localhost", "password")
    time.sleep(1)
    errors = [chat for chat in juliet.client.messages if chat.sender == juliet.contact("work")]
    assert len(errors) == 1


def test_a_wrong_smtp_password_shows_before_a_mail_is_lost(juliet):
    juliet.register_smtp("out", await_ready=False, password="wrong")
    assert_error(juliet, "out", "localhost", "password")


def test_an_imap_server_that_is_not_there_is_named(juliet):
    juliet.register_imap("gone", await_watching=False, port=juliet.site.closed_port)
    assert_error(juliet, "gone", "localhost")


def test_an_smtp_server_that_is_not_there_is_named(juliet):
    juliet.register_smtp("gone", await_ready=False, port=juliet.site.closed_port)
    assert_error(juliet, "gone", "localhost")


@pytest.mark.parametrize("host, port", [("127.0.0.1", 25), ("10.0.0.1", 993),
                                        ("169.254.169.254", 993), ("localhost", 6379)])
def test_a_host_that_is_not_allowed_is_refused_without_a_look(juliet, host, port):
    juliet.register_imap("inside", await_watching=False, host=host, port=port)
    assert_error(juliet, "inside", "not allowed")


def test_a_host_that_does_not_exist_is_named(juliet):
    juliet.register_imap("typo", await_watching=False, host="imap.does-not-exist.invalid",
                         port=993)
    assert_error(juliet, "typo", "imap.does-not-exist.invalid")


def test_a_bad_certificate_gets_no_password(juliet):
    rogue = juliet.site.rogue
    juliet.register_imap("rogue", await_watching=False, port=rogue.port)
    assert_error(juliet, "rogue", "certificate")
    assert rogue.heard == b""


def test_an_unknown_mailbox_is_named(juliet):
    juliet.register_imap("lost", await_watching=False, mailbox="No Such Folder")
    assert_error(juliet, "lost", "No Such Folder")


MALFORMED = {
    "no header at all": lambda subject: b"\r\nonly a body " + subject.encode() + b"\r\n",
    "NUL bytes": lambda subject: raw(subject, "text/plain", b"a\x00b\x00c"),
    "no end of a multipart": lambda subject: raw(
        subject, 'multipart/mixed; boundary="x"', b"--x\r\nContent-Type: text/plain\r\n\r\nhalf"),
    "a multipart without boundary": lambda subject: raw(subject, "multipart/mixed", b"text"),
    "unknown charset": lambda subject: raw(subject, "text/plain; charset=klingon", b"nuqneH"),
    "broken base64": lambda subject: raw(subject, "text/plain", b"!!!not base64###", "base64"),
    "broken UTF-8": lambda subject: raw(subject, "text/plain; charset=utf-8", b"\xff\xfe\xc3("),
    "illegal XML": lambda subject: raw(
        subject, "text/plain; charset=utf-8", "\x01\x08\x0b\uffff\ufffe ]]> </message>".encode()),
    "deep nesting": lambda subject: raw(
        subject, 'multipart/mixed; boundary="b0"',
        b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=\"b%d\"\r\n\r\n" % (i, i + 1)
                 for i in range(2000))),
    "a header of a megabyte": lambda subject: raw(
        subject, "text/plain", b"text", x_long=("y" * 70 + "\r\n ") * 14000 + "z"),
    "a thousand attachments": lambda subject: raw(
        subject, 'multipart/mixed; boundary="x"',
        b"".join(b"--x\r\nContent-Type: image/png; name=%d.png\r\n\r\nx\r\n" % i
                 for i in range(1000)) + b"--x--"),
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_a_malformed_mail_is_announced_and_blocks_nothing(reader, fault):
    subject, next_subject = unique(fault), unique("the next one")
    reader.receive(MALFORMED[fault](subject))
    reader.receive(mail(next_subject))
    reader.client.await_message(next_subject, seconds=10)
    assert any(subject in body or fault == "no header at all" for body in reader.client.bodies())
    assert len(reader.client.bodies()) >= 2
    reader.client.ping(reader.gateway)  # the link to the server is still up


def test_a_mail_of_30_megabytes_is_announced_without_being_fetched_whole(reader):
    subject = unique("big")
    message = mail(subject, "The film from the party.\n")
    message.add_attachment(b"film" * 6_000_000, maintype="video", subtype="mp4",
                           filename="party.mp4")
    content = message.as_bytes()
    assert len(content) > 30_000_000
    reader.receive(content)
    body = reader.client.await_message(subject, seconds=15).body
    assert "The film from the party." in body and "party.mp4" in body


def test_a_text_of_many_megabytes_is_cut_and_says_so(reader):
    subject = unique("long")
    reader.receive(mail(subject, "All work and no play.\n" * 200_000))
    body = reader.client.await_message(subject, seconds=15).body
    assert len(body.encode()) < 100_000
    assert body.count("All work and no play.") > 1000


def test_a_full_queue_is_an_error_on_the_message_that_found_it_full(juliet):
    juliet.register_smtp("gone", await_ready=False, port=juliet.site.closed_port)
    juliet.client.await_presence(juliet.contact("gone"), "dnd", seconds=15)
    before = queue_length(juliet)
    sent = 0
    while sent < ACCOUNT_QUEUE_LIMIT:
        # Who writes faster than the gateway takes it is told so; this is about the queue.
        for _ in range(20):
            write_to_bob(juliet)
        sent += 20
        wait_until(lambda: queue_length(juliet) - before >= sent, 20, f"{sent} queued mails")
    error = juliet.client.await_error(write_to_bob(juliet))
    assert error.condition == "resource-constraint"
    assert "wait to be sent" in error.error_text
    juliet.client.unregister(juliet.gateway)


def queue_length(member):
    return int(member.postern.ctl_json("queue", "list").get("total", 0))


def write_to_bob(member):
    return member.client.send(member.gateway, "To: bob@elsewhere.test\nSubject: x\n\nHello")


def test_a_silent_server_holds_up_nobody_else(juliet, new_member):
    romeo = new_member("romeo")
    for i in range(5):
        romeo.register_imap(f"silent{i}", await_watching=False, port=juliet.site.silent.port)
    juliet.register_imap("work")
    subject = unique("meanwhile")
    juliet.receive(mail(subject))
    assert juliet.client.await_message(subject, seconds=2)
    romeo.client.unregister(romeo.gateway)
