"""A mail that was sent is among its author's sent mail, once."""

from email import message_from_bytes, policy

import pytest

from mails import unique
from servers.daemon import wait_until

# A server that files by itself is given ten seconds to.
FILED_WITHIN = 30


@pytest.fixture
def writer(juliet):
    juliet.make_folders("Sent")
    juliet.register_imap("home")
    juliet.register_smtp("out")
    return juliet


def sent_mails(writer, folder="Sent"):
    """The mails in a folder, with their flags."""
    with writer.site.mailboxes.open(writer.address) as client:
        status, (count,) = client.select(f'"{folder}"', readonly=True)
        if status != "OK" or count == b"0":
            return []
        _, answers = client.fetch("1:*", "(FLAGS BODY.PEEK[])")
        return [(message_from_bytes(answer[1], policy=policy.default), answer[0])
                for answer in answers if isinstance(answer, tuple)]


def send(writer, head=""):
    subject = unique("Filed")
    id = writer.client.send(writer.gateway,
                            f"To: bob@elsewhere.test\n{head}Subject: {subject}\n\nHello")
    received = writer.site.recorder.await_subject(subject)
    writer.client.await_receipt(id)
    return received


def await_sent(writer, count, folder="Sent"):
    return wait_until(lambda: len(sent_mails(writer, folder)) >= count and
                      sent_mails(writer, folder), FILED_WITHIN, f"{count} mails in {folder}")


def nothing_waits(writer):
    """Everything of theirs has left the queue, so nothing will be filed any more."""
    return not writer.queued()


def test_a_sent_mail_is_filed_once_as_it_left_and_with_its_bcc(writer):
    received = send(writer, "Bcc: dave@elsewhere.test\n")
    (filed, flags), = await_sent(writer, 1)
    assert b"\\Seen" in flags
    assert filed["Bcc"] == "dave@elsewhere.test"
    assert received.mail["Bcc"] is None
    del filed["Bcc"]
    assert filed.as_bytes() == received.mail.as_bytes()
    wait_until(lambda: nothing_waits(writer), FILED_WITHIN, "an empty queue")
    assert len(sent_mails(writer)) == 1


def test_a_mailbox_without_a_folder_for_sent_mail_gets_none(juliet):
    juliet.register_imap("home")
    juliet.register_smtp("out")
    send(juliet)
    wait_until(lambda: nothing_waits(juliet), FILED_WITHIN, "an empty queue")
    assert sent_mails(juliet) == []


def test_what_the_server_files_by_itself_is_there_once(writer):
    received = send(writer)
    with writer.site.mailboxes.open(writer.address) as client:
        assert client.append("Sent", "\\Seen", None, received.content)[0] == "OK"
    wait_until(lambda: nothing_waits(writer), FILED_WITHIN, "an empty queue")
    assert len(sent_mails(writer)) == 1


def test_a_folder_may_be_named_and_a_dash_means_nowhere(writer):
    writer.make_folders("Archive of mine")
    account = f"{writer.jid}/out"
    writer.postern.ctl("accounts", "sending", account, "--sent-folder", "-")
    send(writer)
    writer.postern.ctl("accounts", "sending", account, "--sent-folder", "home/Archive of mine")
    named = send(writer)
    (filed, _), = await_sent(writer, 1, "Archive of mine")
    assert filed["Message-ID"] == named.mail["Message-ID"]
    assert sent_mails(writer) == []
