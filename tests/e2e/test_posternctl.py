"""What an operator sees and does on the command line."""

import pytest

from mails import mail, unique
from postern import CtlFailed
from servers.daemon import wait_until


def test_users_and_accounts_are_listed_with_their_health(juliet):
    juliet.register_imap("work")
    juliet.register_imap("bad", await_watching=False, password="wrong")
    juliet.client.await_presence(juliet.contact("bad"), "dnd", seconds=10)
    (user,) = [u for u in juliet.postern.ctl_json("users", "list")["users"]
               if u["jid"] == juliet.jid]
    assert (user["accounts"], user["accounts_in_error"]) == (2, 1)
    work, bad = (juliet.postern.account(juliet.jid, name) for name in ("work", "bad"))
    assert work["health"]["state"] == "HEALTH_STATE_OK"
    assert bad["health"]["state"] == "HEALTH_STATE_ERROR" and bad["health"]["error"]
    table = juliet.postern.ctl("accounts", "list", "--user", juliet.jid)
    assert "work" in table and "localhost" in table


def test_a_disabled_account_rests_until_it_is_enabled(juliet):
    work = juliet.register_imap("work")
    juliet.postern.ctl("accounts", "disable", f"{juliet.jid}/work")
    juliet.client.await_presence(work, "xa")
    subject = unique("while disabled")
    juliet.receive(mail(subject))
    assert juliet.client.hears_nothing(subject, 1.5)
    juliet.postern.ctl("accounts", "enable", f"{juliet.jid}/work")
    juliet.client.await_message(subject, seconds=20)


def test_a_check_says_why_there_is_nothing_to_look_for(juliet):
    juliet.register_imap("work")
    juliet.register_smtp("out")
    juliet.postern.ctl("accounts", "disable", f"{juliet.jid}/work")
    for name, why in (("out", "sends mail"), ("work", "is disabled")):
        with pytest.raises(CtlFailed) as failed:
            juliet.postern.ctl("accounts", "check", f"{juliet.jid}/{name}")
        assert why in failed.value.message


def test_a_mail_that_waits_is_in_the_queue_until_it_is_cancelled(juliet):
    juliet.register_smtp("out")
    id = juliet.client.send(juliet.gateway, "To: later@elsewhere.test\nSubject: wait\n\nHello")
    queued = wait_until(lambda: _queued(juliet, tried=True), 10, "a mail that waits")
    assert queued["pending_recipients"] == ["later@elsewhere.test"]
    assert "mailbox busy" in queued["last_error"]
    assert queued["queue_id"] in juliet.postern.ctl("queue", "list")
    shown = juliet.postern.ctl_json("queue", "show", queued["queue_id"])
    assert queued["queue_id"] in str(shown)

    juliet.postern.ctl("queue", "cancel", queued["queue_id"])
    assert "later@elsewhere.test" in juliet.client.await_error(id).error_text
    wait_until(lambda: not _queued(juliet), 5, "an empty queue")


def test_a_mail_that_waits_leaves_at_once_when_the_operator_says_so(juliet):
    juliet.register_smtp("out")
    subject = unique("retry")
    recorder = juliet.site.recorder
    recorder.refusals["busy@elsewhere.test"] = "450 4.2.0 not now"
    try:
        juliet.client.send(juliet.gateway, f"To: busy@elsewhere.test\nSubject: {subject}\n\nHello")
        queued = wait_until(lambda: _queued(juliet, tried=True), 10, "a mail that waits")
    finally:
        del recorder.refusals["busy@elsewhere.test"]
    juliet.postern.ctl("queue", "retry", queued["queue_id"])
    assert recorder.await_subject(subject).recipients == ["busy@elsewhere.test"]


def test_live_state_is_shown_as_a_table_and_as_json(juliet):
    juliet.register_imap("work")
    status = juliet.postern.ctl_json("status")
    assert {s["name"] for s in status["services"] if s.get("serving")} == {
        "admin", "edge", "fetcher", "rules", "sender"}
    assert "fetcher" in juliet.postern.ctl("status")
    (session,) = [s for s in juliet.postern.ctl_json("sessions", "list")["sessions"]
                  if s["user"] == juliet.jid]
    assert session["show"] == "SHOW_ONLINE"
    assert juliet.jid in juliet.postern.ctl("sessions", "list")
    id = juliet.account_id("work")
    (watch,) = [w for w in juliet.postern.ctl_json("watches", "list")["watches"]
                if w["account_id"] == id]
    assert watch["state"] in ("idle", "polling")


def test_passwords_are_in_no_output_of_posternctl(juliet):
    juliet.register_imap("work")
    for arguments in (("accounts", "list"), ("accounts", "show", f"{juliet.jid}/work")):
        for text in (juliet.postern.ctl(*arguments), juliet.postern.ctl("--json", *arguments)):
            assert juliet.person.mail_password not in text
            assert "sealed_password" not in text


@pytest.mark.parametrize("arguments, status", [
    (("accounts", "show", "nobody@localhost/none"), 1),
    (("queue", "cancel", "no-such-mail"), 1),
    (("accounts", "frobnicate"), 2),
    (("--no-such-option",), 2),
])
def test_the_exit_status_says_what_kind_of_failure_it_was(postern, arguments, status):
    with pytest.raises(CtlFailed) as failed:
        postern.ctl(*arguments)
    assert failed.value.status == status
    assert failed.value.message


def _queued(member, tried=False):
    """The member's mail in the queue; with `tried`, only once an attempt has failed."""
    mails = member.queued()
    return next((m for m in mails if m["owner"] == member.jid
                 and (not tried or m.get("last_error"))), None)
