"""Reject rules stop mails, and tell why."""

import pytest

from mails import mail, unique
from postern import CtlFailed
from test_chat_commands import say
from test_personal_rules import reply


@pytest.fixture
def reader(juliet):
    juliet.register_imap("work")
    yield juliet
    empty = juliet.postern.folder / "empty.txt"
    empty.write_text("")
    juliet.postern.ctl("rules", "import", "jsmail", "--reject", empty, "--scope", "site")


def load(postern, text, scope):
    file = postern.folder / "reject.txt"
    file.write_text(text)
    return postern.ctl("rules", "import", "jsmail", "--reject", file, "--scope", scope)


def test_a_reject_line_stops_a_mail_and_explain_shows_why(reader):
    load(reader.postern, r"subject:\$\$\$" + "\n", reader.jid)
    stopped, kept = unique("win $$$"), unique("ordinary")
    stopped_mail = mail(stopped)
    reader.receive(stopped_mail)
    reader.receive(mail(kept))
    reader.client.await_message(kept)
    assert not any(stopped in body for body in reader.client.bodies())

    why = reader.postern.ctl("rules", "explain", "--user", reader.jid)
    assert r"subject:\$\$\$" in why
    by_id = reader.postern.ctl_json("rules", "explain", stopped_mail["Message-ID"].strip("<>"))
    (decision,) = by_id["decisions"]
    assert decision["verdict"] == "VERDICT_REJECT"
    assert decision["reason"].startswith("reject.txt:1")
    assert len(reader.site.mailboxes.mails(reader.address)) == 2  # the mailbox is untouched


def test_a_user_is_told_of_the_gateways_rule_without_its_file(reader):
    load(reader.postern, "subject:lottery\n", "site")
    stopped, kept = unique("lottery"), unique("ordinary")
    reader.receive(mail(stopped))
    reader.receive(mail(kept))
    reader.client.await_message(kept)
    told = say(reader, "why not lottery")
    assert f'"{stopped}"' in told and "don't show it, and leave it in the mailbox" in told
    assert "by a rule of this gateway" in told and "reject.txt" not in told
    # Operators see the file and the line.
    assert "reject.txt:1" in reader.postern.ctl("rules", "explain", "--user", reader.jid)


def test_an_accept_line_overrides_a_reject_line(reader):
    load(reader.postern, "subject:offer\n!source:boss@elsewhere\n", reader.jid)
    stopped, kept = unique("offer"), unique("offer")
    reader.receive(mail(stopped))
    reader.receive(mail(kept, sender="boss@elsewhere.test"))
    reader.client.await_message(kept)
    assert not any(stopped in body for body in reader.client.bodies())


def test_a_rule_of_the_site_holds_for_everybody(reader):
    load(reader.postern, "source:spammer@\n", "site")
    stopped, kept = unique("cheap"), unique("fine")
    reader.receive(mail(stopped, sender="spammer@elsewhere.test"))
    reader.receive(mail(kept))
    reader.client.await_message(kept)
    assert not any(stopped in body for body in reader.client.bodies())


def test_a_faulty_line_is_named_and_the_rules_before_stay_in_force(reader):
    load(reader.postern, "subject:never\n", reader.jid)
    with pytest.raises(CtlFailed) as failed:
        load(reader.postern, "subject:fine\nsender:x\n", reader.jid)
    assert failed.value.status == 1
    assert "reject.txt:2:" in failed.value.message
    stopped, kept = unique("never"), unique("fine")
    reader.receive(mail(stopped))
    reader.receive(mail(kept))
    reader.client.await_message(kept)
    assert not any(stopped in body for body in reader.client.bodies())


def test_a_script_that_fails_three_times_is_suspended_and_its_user_told(reader):
    file = reader.postern.folder / "failing.sieve"
    file.write_text('require ["ihave", "fileinto"];\n'
                    'if header :contains "subject" "trip" { error "no such luck"; }\n'
                    'fileinto "Trash";\n')
    reader.postern.ctl("rules", "import", "sieve", file, "--scope", reader.jid)
    assert 'Your script "failing.sieve" is in force' in say(reader, "rules")
    tripped = [unique("trip") for _ in range(3)]
    for subject in tripped:
        reader.receive(mail(subject, to=reader.address))
        # It is kept, whatever the script would have done with it.
        chat = reader.client.await_message("Subject: " + subject, seconds=20)
    told = reader.client.await_message("failed with three mails in a row", seconds=20)
    assert "is not run any more" in told.body
    after = unique("after")
    reader.receive(mail(after, to=reader.address))
    later = reader.client.await_message("Subject: " + after, seconds=20)  # not filed
    # Who asks is told: of a mail with which it failed, of one that it has not seen, of the rules.
    failed = reply(reader, chat, "why")
    assert 'Your script "failing.sieve" failed, and did nothing with the mail' in failed
    assert "no such luck" in failed
    unseen = reply(reader, later, "why")
    assert "No rule had to do with that mail" in unseen and "is not run any more" in unseen
    assert "is not run any more" in say(reader, "rules")
    reader.postern.ctl("rules", "import", "sieve", file, "--scope", reader.jid)
    assert "is in force" in say(reader, "rules")
    # Whoever removes it by its language need not know that it rests.
    ctl = reader.postern.ctl
    assert "No sieve rules" in ctl("rules", "remove", "--language", "sieve", "--scope", reader.jid)
    assert "failing.sieve" not in ctl("rules", "list", "--scope", reader.jid)
