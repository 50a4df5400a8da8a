"""Nothing that a mail or a user can send ends the stream that all users share. bench/hostile_stream.py
does the same at length."""

import hostile
from mails import mail, unique
from servers.daemon import wait_until

COUNT = 300


def test_hostile_mails_all_come_through_without_breaking_the_stream(juliet):
    contact = juliet.register_imap("work")
    links = juliet.postern.metric("postern_edge_link_connects_total")
    juliet.site.mailboxes.put(juliet.address, [hostile.mail(seed) for seed in range(COUNT)])

    def announced():
        return len({chat.id for chat in juliet.client.messages if chat.sender == contact})
    wait_until(lambda: announced() >= COUNT, 60, "all of the hostile mails")
    subject = unique("afterwards")
    juliet.receive(mail(subject))
    juliet.client.await_message(subject, seconds=10)
    assert announced() == COUNT + 1
    assert juliet.postern.metric("postern_edge_link_connects_total") == links


def test_hostile_stanzas_break_nothing(juliet):
    juliet.register_imap("work")
    places = [juliet.gateway, f"{juliet.gateway}/IMAP", juliet.contact("work"),
              juliet.address_contact("ann@elsewhere.test")]
    links = juliet.postern.metric("postern_edge_link_connects_total")
    for seed in range(COUNT):
        juliet.client.raw(hostile.stanza(seed, places))
    juliet.client.ping(juliet.gateway, seconds=30)
    subject = unique("afterwards")
    juliet.receive(mail(subject))
    juliet.client.await_message(subject, seconds=15)
    assert juliet.postern.metric("postern_edge_link_connects_total") == links
