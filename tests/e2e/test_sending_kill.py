"""The sender dies, stands still or is cut off in the middle of a mail: what it accepted is sent or
reported, and comes twice only if nobody could know better."""

import os
import random
import signal
import time

import pytest

from mails import unique
from servers.daemon import Daemon, free_port, wait_until
from servers.reluctant_smtp import Holding, message_id
from test_replicas import in_redis

ONLY_ON = ["dovecot"]

MANY = 30
LEASE = 15  # seconds after which another sender takes a mail


@pytest.fixture
def holding(juliet, site):
    """Starts a server that waits in the middle of mails; Juliet may send by it."""
    servers = []

    def begin(account="out", **points):
        words = points.pop("words", ())
        server = Holding(site, site.spare_ports[len(servers)], words, **points).start()
        servers.append(server)
        juliet.register_smtp(account, port=server.port)
        return server

    yield begin
    for server in servers:
        server.let_go()
        server.stop()


def write(member, account, subject, to):
    return member.client.send(member.contact(account),
                              f"To: {', '.join(to)}\nSubject: {subject}\n\nHello")


def receipts(member, id):
    return sum(chat.receipt_for == id for chat in member.client.messages)


def in_queue(postern, *command):
    """What Redis answers, without the empty line for nothing."""
    return [line for line in in_redis(postern, *command) if line]


def test_the_sender_is_killed_in_submit_in_data_and_between_two_transactions(
        juliet, site, postern, holding):
    large = holding("large", bob=5000)
    several = holding("several", words=["LIMITS RCPTMAX=2"], carl="DATA")

    # 25 MiB as a mail.
    content = random.Random(3).randbytes(18 << 20)
    name = unique("film").replace(" ", "-")
    pieces = "KEYS", "postern:outbox:{q0}:content:*"
    before = in_queue(postern, *pieces)  # of others' mails
    url = site.files.put(f"/{name}", content)
    film = juliet.client.send_upload(juliet.contact("large"), url,
                                     f"To: bob@elsewhere.test\nSubject: {name}\n\nSee there:\n{url}")
    wait_until(lambda: set(in_queue(postern, *pieces)).difference(before), 30,
               "the first pieces of the mail", pause=0.001)
    postern.kill("sender")
    postern.revive("sender")

    to = [f"{one}@elsewhere.test" for one in ("ann", "bea", "carl", "dora", "eve")]
    subject = unique("To five")
    five = write(juliet, "several", subject, to)
    assert several.reached("carl").wait(20), "the second transaction"
    assert large.reached("bob").wait(60), "the content of the large mail"
    postern.kill("sender")
    postern.revive("sender")
    for server in (large, several):
        server.let_go()
    juliet.client.await_receipt(film, seconds=LEASE + 20)
    juliet.client.await_receipt(five, seconds=LEASE + 20)

    (mail,) = large.taken
    assert len(mail[1]) > 24 << 20 and len(large.said("DATA")) == 2
    assert receipts(juliet, film) == 1
    taken = several.with_subject(subject)
    assert sorted(one for recipients, _ in taken for one in recipients) == sorted(to), "each once"
    assert len({message_id(content) for _, content in taken}) == 1
    assert receipts(juliet, five) == 1
    assert not [chat for chat in juliet.client.messages if chat.type == "error"]


@pytest.fixture
def second_sender(postern):
    """A sender beside the first one, on the same queue; not started yet."""
    command = list(postern.services["sender"].command)
    for option in ("--listen", "--metrics-listen"):
        command[command.index(option) + 1] = f"127.0.0.1:{free_port()}"
    daemon = Daemon("postern-sender-2", command, postern.folder / "sender-2.log")
    yield daemon
    daemon.stop()


def test_a_sender_that_stands_still_sends_no_dot_when_it_wakes(juliet, postern, holding, second_sender):
    server = holding("out", ann="DATA", bob=".")
    first = postern.services["sender"]
    subjects = {name: unique(f"For {name}") for name in ("ann", "bob")}
    ids = {name: write(juliet, "out", subject, [f"{name}@elsewhere.test"])
           for name, subject in subjects.items()}
    for name in subjects:
        assert server.reached(name).wait(10), name
    os.killpg(first.process.pid, signal.SIGSTOP)
    try:
        second_sender.start()
        server.let_go()
        # Ann's waits for the dot of who stands still; Bob's was taken from him, who does not know.
        wait_until(lambda: len(server.with_subject(subjects["ann"])) == 1
                   and len(server.with_subject(subjects["bob"])) == 2, LEASE + 15,
                   "the other sender to send them")
    finally:
        os.killpg(first.process.pid, signal.SIGCONT)
    for id in ids.values():
        juliet.client.await_receipt(id)
    wait_until(lambda: "lease on a mail is lost" in first.log.read_text() or not juliet.queued(), 10,
               "the first one to see that it lost them")
    after = unique("And on")
    juliet.client.await_receipt(write(juliet, "out", after, ["carl@elsewhere.test"]))
    assert len(server.with_subject(subjects["ann"])) == 1, "no dot of who lost the mail"
    doubled = server.with_subject(subjects["bob"])
    assert len(doubled) == 2 and len({message_id(content) for _, content in doubled}) == 1
    assert [receipts(juliet, id) for id in ids.values()] == [1, 1]


def test_what_became_of_many_mails_is_told_once_when_the_jabber_server_is_back(
        juliet, site, postern, holding):
    server = holding("out", ann="DATA")
    ids = []
    for _ in range(MANY):
        ids.append(write(juliet, "out", unique("One of many"), ["ann@elsewhere.test"]))
        time.sleep(0.05)  # else it is too much at once for the gateway
    wait_until(lambda: len(juliet.queued()) == MANY, 15, "the mails to be in the queue")
    juliet.client.disconnect()
    site.jabber.stop()
    server.let_go()
    wait_until(lambda: len(server.taken) == MANY, 15, "all to be sent")
    site.jabber.start()
    juliet.client.connect()
    for id in ids:
        juliet.client.await_receipt(id, seconds=20)
    wait_until(lambda: not juliet.queued(), 10, "an empty queue")
    juliet.client.ping(juliet.gateway)
    assert [receipts(juliet, id) for id in ids] == [1] * MANY
    assert len(server.taken) == MANY


def test_a_full_redis_takes_no_mail_loses_none_and_recovers(juliet, postern, holding):
    server = holding("out", ann="DATA")
    subject = unique("Before")
    before = write(juliet, "out", subject, ["ann@elsewhere.test"])
    assert server.reached("ann").wait(10)
    in_redis(postern, "CONFIG", "SET", "maxmemory", "1")
    try:
        refused = write(juliet, "out", unique("Meanwhile"), ["bob@elsewhere.test"])
        error = juliet.client.await_error(refused, seconds=70)
        assert "can't take mail at the moment. Try again" in error.error_text
        server.let_go()
        wait_until(lambda: server.with_subject(subject), 10, "what was on its way to go on")
    finally:
        in_redis(postern, "CONFIG", "SET", "maxmemory", "0")
    juliet.client.await_receipt(before)
    subject = unique("After")
    juliet.client.await_receipt(write(juliet, "out", subject, ["bob@elsewhere.test"]))
    assert len(server.taken) == 2, "nothing of the refused one is left"
