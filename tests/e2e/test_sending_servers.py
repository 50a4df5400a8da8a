"""Mail of members by SMTP servers that are busy, broken or at their end: nothing is lost, none is told
twice, and none comes twice but with the same Message-ID."""

import pytest

from mails import unique
from servers.daemon import wait_until
from servers.puppet_smtp import ResetsBehindTheDot
from servers.reluctant_smtp import WORDS, AccountServer, Impatient, message_id

BOB = "bob@elsewhere.test"
WAITING = "QUEUE_STATE_WAITING"


@pytest.fixture
def serve(juliet):
    """Starts a server that Juliet sends by."""
    servers = []

    def begin(server):
        servers.append(server.start())
        juliet.register_smtp("out", port=server.port)
        return server

    yield begin
    for server in servers:
        server.stop()


@pytest.fixture
def port(site):
    """Where members may connect to."""
    return site.spare_ports[0]


def write(member, subject, to=BOB):
    return member.client.send(member.gateway, f"To: {to}\nSubject: {subject}\n\nHello Bob")


def told(member, id):
    """How often an author was told that a mail left."""
    return sum(chat.receipt_for == id for chat in member.client.messages)


def test_a_reset_behind_the_dot_is_a_second_mail_with_the_same_id_and_one_receipt(
        juliet, site, port, serve):
    server = ResetsBehindTheDot(authority=site.authority, tls=True, port=port)
    server.words = WORDS
    serve(server)
    id = write(juliet, unique("Perhaps"))
    (queued,) = wait_until(lambda: [m for m in juliet.queued() if m.get("uncertain")], 10,
                           "the mail to be in doubt")
    assert "closed the connection" in queued["last_error"]
    assert told(juliet, id) == 0
    juliet.postern.ctl("queue", "retry", queued["queue_id"])
    juliet.client.await_receipt(id)
    assert len(server.taken) == 2
    assert len({message_id(content) for _, content in server.taken}) == 1
    assert told(juliet, id) == 1


@pytest.mark.parametrize("farewell", ["421 4.4.2 idle for too long", ""], ids=["421", "silence"])
def test_a_kept_session_that_its_server_ends_costs_no_attempt(juliet, site, port, serve, farewell):
    server = Impatient(site, port)
    server.farewell = farewell
    serve(server)
    subjects = [unique("One of three") for _ in range(3)]
    for subject in subjects:
        begun = server.sessions
        juliet.client.await_receipt(write(juliet, subject), seconds=5)
        assert len(server.with_subject(subject)) == 1
        assert server.sessions == begun + 1
    assert not juliet.queued()


def test_a_server_that_has_enough_puts_the_account_to_sleep_and_not_each_mail(
        juliet, site, port, serve):
    server = AccountServer(site, port)
    serve(server)
    server.heard.clear()  # the trial of the account asked for its address
    server.answers["MAIL"] = "450 4.7.1 slow down"
    ids = [write(juliet, unique("One of ten")) for _ in range(10)]
    wait_until(lambda: len(juliet.queued()) == 10, 10, "ten mails in the queue")
    wait_until(lambda: all(m["state"] == WAITING for m in juliet.queued()) and server.said("MAIL"),
               5, "the account to sleep")
    # One for each of its two sessions, whatever waits.
    assert len(server.said("MAIL")) <= 2
    assert sum(mail.get("attempts", 0) for mail in juliet.queued()) <= 2
    del server.answers["MAIL"]
    juliet.postern.ctl("queue", "flush", "--owner", juliet.jid)
    for id in ids:
        juliet.client.await_receipt(id)
    assert len(server.taken) == 10
