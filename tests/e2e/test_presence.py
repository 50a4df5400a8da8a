"""The user's presence picks full mail, a digest, or nothing, as the account says."""

import time

from mails import mail, unique
from servers.daemon import wait_until

NOTHING, DIGEST, FULL = "0", "1", "2"
QUIET = 1.5  # seconds in which a mail would long have come


def session_of(member):
    """What the gateway knows of somebody's presence; None: they are offline."""
    sessions = member.postern.ctl_json("sessions", "list").get("sessions", [])
    return next((session for session in sessions if session["user"] == member.jid), None)


def settle(member, show):
    """Returns when the gateway knows the new presence."""
    wait_until(lambda: (session_of(member) or {"show": "SHOW_OFFLINE"})["show"]
               == f"SHOW_{show.upper()}", 5, f"the gateway to see {member.jid} as {show}")


def test_a_digest_is_one_message_for_all_mail_since_the_last(juliet):
    juliet.register_imap("work", away_action=DIGEST)
    juliet.client.set_presence("away")
    settle(juliet, "away")
    subjects = [unique(f"waiting {i}") for i in range(3)]
    for subject in subjects:
        juliet.receive(mail(subject, "the text of it"))
    assert juliet.client.hears_nothing("waiting", QUIET)

    juliet.check("work")
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


def handed_on(member, account_id):
    """How many mails the gateway has dealt with."""
    watches = member.postern.ctl_json("watches", "list")["watches"]
    return next(int(watch.get("mails_handed_on", 0)) for watch in watches
                if watch["account_id"] == account_id)


# What an account does in one state; in all others it does nothing. In this order.
ACTIONS = {"chat": ("imap", FULL), "online": ("pop3", DIGEST), "away": ("imap", FULL),
           "xa": ("pop3", DIGEST), "offline": ("pop3", DIGEST), "dnd": ("imap", FULL)}


def test_each_of_the_six_states_has_its_own_action(juliet):
    juliet.client.set_presence("away")
    settings = {f"{state}_action": NOTHING for state in ACTIONS}
    for state, (protocol, action) in ACTIONS.items():
        register = juliet.register_imap if protocol == "imap" else juliet.register_pop3
        register(f"on-{state}", **{**settings, f"{state}_action": action})
    subjects = []
    for number, (state, (_, action)) in enumerate(ACTIONS.items()):
        if state == "offline":
            juliet.client.go_offline()
        else:
            juliet.client.set_presence(None if state == "online" else state)
        settle(juliet, state)
        subjects.append(unique(state))
        juliet.receive(mail(subjects[-1], "the text of it"))
        if action == DIGEST:
            juliet.check(f"on-{state}")
        if state == "offline":  # the Jabber server keeps it
            id = juliet.account_id("on-offline")
            wait_until(lambda: handed_on(juliet, id), 10, "a digest for who is offline")
        else:
            juliet.client.await_message(subjects[-1], sender=juliet.contact(f"on-{state}"),
                                        seconds=10)
        waiting = [juliet.contact(f"on-{later}") for later in list(ACTIONS)[number + 1:]]
        assert not [chat for chat in juliet.client.messages if chat.sender in waiting]
    for number, (state, (_, action)) in enumerate(ACTIONS.items()):
        contact = juliet.contact(f"on-{state}")
        juliet.client.await_message(subjects[number], sender=contact)
        heard = [chat.body for chat in juliet.client.messages if chat.sender == contact]
        # What came in earlier states had waited.
        assert len(heard) == (1 if action == DIGEST else number + 1)
        assert [subject for subject in subjects if subject in "".join(heard)] == subjects[:number + 1]
        assert all(("the text of it" in body) == (action == FULL) for body in heard)


def test_a_client_that_flaps_stays_there(juliet):
    juliet.register_imap("work", store_password=0, offline_action=DIGEST)
    settle(juliet, "online")
    since = session_of(juliet)["since_unix_ms"]
    subjects = [unique(f"flap {i}") for i in range(3)]
    for subject in subjects:
        juliet.client.go_offline()
        juliet.receive(mail(subject, "the text of it"))
        juliet.client.set_presence()
        assert "the text of it" in juliet.client.await_message(subject).body
    time.sleep(QUIET)  # in which the gateway would have taken the client for gone
    assert session_of(juliet)["since_unix_ms"] == since
    # The password was not wiped either, else it would be asked for.
    assert juliet.health("work") == "OK"


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
