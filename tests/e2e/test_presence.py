"""The user's presence picks full mail, a digest, or nothing, as the account says."""

import time

from mails import mail, unique

NOTHING, DIGEST, FULL = "0", "1", "2"
QUIET = 1.5  # seconds in which a mail would long have come


def settle(member, show):
    """Returns when the gateway knows the new presence."""
    sessions = lambda: member.postern.ctl_json("sessions", "list").get("sessions", [])  # noqa: E731
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        mine = [s["show"] for s in sessions() if s["user"] == member.jid] or ["SHOW_OFFLINE"]
        if mine == [f"SHOW_{show.upper()}"]:
            return
        time.sleep(0.05)
    raise TimeoutError(f"the gateway does not see {member.jid} as {show}: {mine}")


def test_a_digest_is_one_message_for_all_mail_since_the_last(juliet):
    juliet.register_imap("work", away_action=DIGEST)
    juliet.client.set_presence("away")
    settle(juliet, "away")
    subjects = [unique(f"waiting {i}") for i in range(3)]
    for subject in subjects:
        juliet.receive(mail(subject, "the text of it"))
    assert juliet.client.hears_nothing("waiting", QUIET)

    juliet.postern.ctl("accounts", "check", f"{juliet.jid}/work")
    digest = juliet.client.await_message(subjects[0], sender=juliet.contact("work"))
    assert all(subject in digest.body for subject in subjects)
    assert "the text of it" not in digest.body
    assert sum("waiting" in body for body in juliet.client.bodies()) == 1

    juliet.client.set_presence()
    settle(juliet, "online")
    last = unique("online again")
    juliet.receive(mail(last))
    juliet.client.await_message(last)
    assert sum("waiting" in body for body in juliet.client.bodies()) == 1


def test_mail_that_waited_for_a_digest_comes_in_full_when_the_user_is_back(juliet):
    juliet.register_imap("work", away_action=DIGEST)
    juliet.client.set_presence("away")
    settle(juliet, "away")
    subjects = [unique(f"back {i}") for i in range(2)]
    for subject in subjects:
        juliet.receive(mail(subject, "in full"))
    assert juliet.client.hears_nothing("back", QUIET)
    juliet.client.set_presence()
    for subject in subjects:
        assert "in full" in juliet.client.await_message(subject).body


def test_mail_waits_while_the_action_is_nothing(juliet):
    juliet.register_imap("work", dnd_action=NOTHING)
    juliet.client.set_presence("dnd")
    settle(juliet, "dnd")
    subject = unique("not now")
    juliet.receive(mail(subject))
    assert juliet.client.hears_nothing(subject, QUIET)
    juliet.client.set_presence("chat")
    juliet.client.await_message(subject)


def test_full_mail_comes_in_every_state_that_asks_for_it(juliet):
    juliet.register_imap("work", away_action=FULL, xa_action=FULL, dnd_action=FULL)
    for show in ("chat", "away", "xa", "dnd"):
        juliet.client.set_presence(show)
        settle(juliet, show)
        subject = unique(show)
        juliet.receive(mail(subject))
        juliet.client.await_message(subject)


def test_mail_for_a_user_who_is_offline_waits_until_they_are_back(juliet):
    juliet.register_imap("work", offline_action=NOTHING)
    juliet.client.disconnect()
    settle(juliet, "offline")
    subject = unique("while away")
    juliet.receive(mail(subject))
    time.sleep(QUIET)
    juliet.client.connect()
    juliet.client.await_message(subject)
    assert sum(subject in body for body in juliet.client.bodies()) == 1


def test_full_mail_for_a_user_who_is_offline_is_kept_by_the_jabber_server(juliet):
    juliet.register_imap("work", offline_action=FULL)
    juliet.client.disconnect()
    settle(juliet, "offline")
    subject = unique("offline store")
    juliet.receive(mail(subject))
    time.sleep(QUIET)
    juliet.client.connect()
    juliet.client.await_message(subject)
    assert sum(subject in body for body in juliet.client.bodies()) == 1


def test_live_email_only_passes_over_what_came_while_offline(juliet):
    juliet.register_imap("work", offline_action=NOTHING, live_email_only=1)
    juliet.client.disconnect()
    settle(juliet, "offline")
    missed, live = unique("missed"), unique("live")
    juliet.receive(mail(missed))
    time.sleep(QUIET)  # INTERNALDATE knows only seconds
    juliet.client.connect()
    settle(juliet, "online")
    time.sleep(QUIET)
    juliet.receive(mail(live))
    juliet.client.await_message(live)
    assert not any(missed in body for body in juliet.client.bodies())


def test_the_best_of_several_clients_counts(juliet):
    from member import Member
    juliet.register_imap("work", away_action=NOTHING)
    laptop = Member(juliet.person, juliet.site, juliet.postern, resource="laptop")
    laptop.client.connect("away")
    try:
        settle(juliet, "online")
        subject = unique("two clients")
        juliet.receive(mail(subject))
        juliet.client.await_message(subject)
        juliet.client.set_presence("away")
        settle(juliet, "away")
    finally:
        laptop.client.disconnect()


def test_what_becomes_of_one_contact_leaves_the_user_online(juliet):
    juliet.register_imap("work")
    settle(juliet, "online")
    juliet.client.leave_requests_open()
    juliet.register_smtp("out", await_ready=False)
    juliet.client.await_presence(juliet.contact("out"), type="subscribe")
    time.sleep(QUIET)
    settle(juliet, "online")
    juliet.client.remove_contact(juliet.contact("work"))
    time.sleep(QUIET)
    settle(juliet, "online")
    juliet.client.go_offline()
    settle(juliet, "offline")


def test_who_declines_the_gateway_is_seen_through_an_account(juliet):
    juliet.client.leave_requests_open()
    juliet.register_imap("work", await_watching=False)
    juliet.client.await_presence(juliet.contact("work"), type="subscribe")
    juliet.client.answer_request(juliet.gateway, accept=False)
    juliet.client.answer_request(juliet.contact("work"), accept=True)
    settle(juliet, "online")
    time.sleep(QUIET)
    settle(juliet, "online")
    juliet.client.go_offline()
    settle(juliet, "offline")
