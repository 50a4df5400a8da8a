"""What Postfix, Exim and OpenSMTPD, as Debian has them, make of the mails that we send."""

import email
from email import policy
from email.message import EmailMessage

import pytest

from mails import unique
from servers.certificates import Authority
from servers.daemon import wait_until
from servers.exim import Exim
from servers.mailbox_client import PASSWORD
from servers.opensmtpd import OpenSmtpd
from servers.postfix import OpenPostfix
from servers.smtp_carrier import carry
from servers.strict_sink import StrictSink

KINDS = {"postfix": OpenPostfix, "exim": Exim, "opensmtpd": OpenSmtpd}


class Receiver:
    """A mail server, and the sink behind it."""

    def __init__(self, kind, folder):
        folder.chmod(0o755)
        for parent in folder.parents[:2]:
            parent.chmod(0o755)
        self.kind = kind
        self.folder = folder
        self.authority = Authority(folder / "authority")
        self.sink = StrictSink(lmtp=True, by_chunks=False).start()
        # It is asked to report, as the first server was.
        self.sink.words.append("DSN")
        self.server = KINDS[kind](folder / kind, self.authority, self.sink).start()

    def stop(self):
        self.server.stop()
        self.sink.stop()

    def send(self, content, security="tls", **options):
        (self.folder / "mail").write_bytes(content)
        port = self.server.smtps_port if security == "tls" else self.server.submission_port
        if self.kind == "exim":
            options = {"login": "ann", "password": PASSWORD, **options}
        return carry(port, security=security, ca=self.authority.ca, file=self.folder / "mail",
                     **options)

    def await_mail(self, subject):
        found = lambda: [mail for mail in self.sink.taken if mail.subject == subject]
        return wait_until(found, 20, f"{self.kind} to hand on {subject!r}")[0]


@pytest.fixture(scope="module", params=list(KINDS))
def receiver(request, tmp_path_factory):
    receiver = Receiver(request.param, tmp_path_factory.mktemp(request.param))
    yield receiver
    receiver.stop()


def letter(subject, text="Hello.\r\n"):
    return (f"From: ann@mail.test\r\nTo: bob@mail.test\r\nSubject: {subject}\r\n"
            f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Transfer-Encoding: 8bit\r\n\r\n{text}").encode()


def body_of(mail):
    return mail.content.split(b"\r\n\r\n", 1)[1]


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("more", [{}, {"chunking": "no"}, {"chunking": "no", "pipelining": "no"}],
                         ids=["all-it-offers", "no-chunks", "one-by-one"])
def test_text_arrives_as_it_was(receiver, security, more):
    if receiver.kind == "opensmtpd" and security == "starttls":
        security = "none"  # which it does not offer
    subject = unique("text")
    text = ".\r\n..\r\n.dot\r\nJörg grüßt: 😀\r\n\r\n \r\nend\r\n.\r\n"
    carried = receiver.send(letter(subject, text), security, **more, **{"eight_bit": "yes"})
    assert (carried.status, carried.error, carried.sent) == (0, "", 1)
    mail = receiver.await_mail(subject)
    assert body_of(mail).decode() == text
    assert mail.recipients == ["bob@mail.test"]


def test_attachments_arrive_byte_by_byte(receiver):
    message = EmailMessage()
    message["Subject"] = subject = unique("bytes")
    message["From"], message["To"] = "ann@mail.test", "bob@mail.test"
    message.set_content("See there.")
    data = bytes(range(256)) * 4000
    message.add_attachment(data, "application", "octet-stream", filename="all.bin")
    content = message.as_bytes(policy=policy.SMTP)
    assert receiver.send(content).sent == 1
    arrived = email.message_from_bytes(receiver.await_mail(subject).content, policy=policy.default)
    (attachment,) = arrived.iter_attachments()
    assert attachment.get_content() == data


def test_recipients_stand_in_the_envelope_alone_and_have_an_answer_each(receiver):
    subject = unique("copies")
    carried = receiver.send(letter(subject), to="bob@mail.test,nobody@mail.test,secret@mail.test")
    assert (carried.status, carried.sent) == (0, 2)
    assert len(carried.failed) == 1 and carried.failed[0].startswith("failed nobody@mail.test 5")
    wait_until(lambda: {"bob@mail.test", "secret@mail.test"} <= {
        address for mail in receiver.sink.taken if mail.subject == subject
        for address in mail.recipients}, 20, "both copies")
    for mail in receiver.sink.taken:
        assert b"secret@mail.test" not in body_of(mail)


def test_a_mail_that_only_nobody_would_get_fails_and_the_next_one_goes(receiver):
    carried = receiver.send(letter(unique("none")), to="nobody@mail.test", mails=3)
    assert (carried.status, carried.sent, len(carried.failed)) == (0, 0, 3)


def test_long_lines_are_folded(receiver):
    subject = unique("long")
    carried = receiver.send(letter(subject, "x" * 998 + "\r\n" + "y" * 2500 + "\r\n"))
    assert carried.sent == 1
    lines = body_of(receiver.await_mail(subject)).split(b"\r\n")
    assert b"x" * 998 in lines
    assert b"".join(line.strip() for line in lines) == b"x" * 998 + b"y" * 2500
    assert max(map(len, lines)) <= 998


def test_bare_line_ends_are_line_ends(receiver):
    subject = unique("bare")
    assert receiver.send(letter(subject, "a\nb\rc\r\n\n.\n\r.\rd")).sent == 1
    assert body_of(receiver.await_mail(subject)) == b"a\r\nb\r\nc\r\n\r\n.\r\n\r\n.\r\nd\r\n"


def test_reports_are_asked_for(receiver):
    subject = unique("report")
    assert receiver.send(letter(subject), id="post=1").sent == 1
    mail = receiver.await_mail(subject)
    if receiver.kind != "opensmtpd":  # hands nothing of it on by LMTP
        assert any("ENVID=post+3D1" in words for words in mail.parameters), mail.parameters


def test_letters_beyond_ascii_travel_where_they_may(receiver):
    subject = unique("utf8")
    carried = receiver.send(letter(subject), to="jörg@mail.test", utf8="yes", eight_bit="yes")
    assert carried.status == 0, carried.error
    if carried.sent:
        assert receiver.await_mail(subject).recipients == ["jörg@mail.test"]
    else:
        assert "letters beyond ASCII" in carried.failed[0]
    assert carried.sent == (receiver.kind != "opensmtpd")


def test_many_mails_go_through_one_session(receiver):
    subject = unique("many")
    carried = receiver.send(letter(subject), mails=100)
    assert (carried.status, carried.sent) == (0, 100)
    wait_until(lambda: sum(mail.subject == subject for mail in receiver.sink.taken) == 100, 60,
               "a hundred mails")


def test_a_wrong_password_is_refused(receiver):
    if receiver.kind != "exim":
        pytest.skip("this one asks for none")
    carried = receiver.send(letter(unique("no")), password="wrong")
    assert carried.status == 1
    assert "refused the login or the password" in carried.error
    assert "wrong" not in carried.error
