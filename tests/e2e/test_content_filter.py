"""MDaemon's content filter moves in: cfrules.dat by posternctl, and mails meet its rules."""

import json

import pytest

from mails import mail, unique
from postern import CtlFailed
from test_rules_effects import ARRIVES, await_in, mails_in, nothing_came


def rule(number, name, conditions, *actions, how="All", enable="Yes"):
    lines = [f"[Rule{number:03}]", f"RuleName={name}", f"Enable={enable}",
             f"ThisRuleCondition={how}", "ProcessQueue=BOTH"]
    lines += [f"Condition{i:02}={text}" for i, text in enumerate(conditions, 1)]
    lines += [f"Action{i:02}={text}" for i, text in enumerate(actions, 1)]
    return "\r\n".join(lines) + "\r\n\r\n"


def load(member, text, *options):
    """As an operator does: a file from a Windows machine."""
    file = member.postern.folder / "cfrules.dat"
    file.write_text(text)
    return member.postern.ctl("rules", "import", "filter", file, *options)


@pytest.fixture
def office(juliet):
    juliet.make_folders(juliet.site.mailboxes.folder_name("Lists"))
    juliet.register_imap("work")
    juliet.register_smtp("out")
    yield juliet
    for scope in ("site", "domain:" + juliet.jid.split("@")[1]):
        load(juliet, "", "--scope", scope)


def receive(member, subject, **fields):
    member.receive(mail(subject, to=member.address, **fields))


ALL = "ALL|is|AND||"


def test_an_alert_comes_as_an_instant_message(office):
    told = load(office, rule(
        1, "Alert", ["SUBJECT|contains|AND|urgent|"],
        'send instant message|"$RECIPIENT$","postmaster@example.com",'
        '"You have received an email from $SENDER$.\\nSubject: $SUBJECT$"'))
    assert "1 rule in force for site." in told
    subject = unique("urgent $SENDER$")
    receive(office, subject)
    alert = office.client.await_message("You have received an email from ann@elsewhere.test.",
                                        seconds=ARRIVES)
    assert alert.type == "chat"
    assert alert.body.endswith(f"Subject: {subject}")  # what a mail says is no macro
    office.client.await_message("Subject: " + subject, seconds=ARRIVES)


def test_fields_are_added_and_changed_before_a_copy_leaves(office):
    load(office, rule(1, "Tag", ["FROM|contains|AND|elsewhere.test|"],
                      'add header|"X-Filter","seen by $FILTERRULENAME$"',
                      'search and replace in header|"Subject","^(re: *)?(.*)","[\\2]"',
                      'append disclaimer|"\\nThis mail was filtered."') +
         rule(2, "Copy", ["SUBJECT|starts with|AND|[|", "X-Filter|exists|AND||"],
              'copy to users|"bob@elsewhere.test"'))
    subject = unique("offer")
    receive(office, "Re: " + subject, text="Word for word.\n")
    shown = office.client.await_message(f"[{subject}]", seconds=ARRIVES)
    sent = office.site.recorder.await_subject(f"[{subject}]")
    assert sent.mail["X-Filter"] == "seen by Tag"
    assert "This mail was filtered." in sent.mail.get_content()
    assert "This mail was filtered." in shown.body
    assert subject in str(mails_in(office))  # the mailbox keeps the mail as it came


def test_mails_are_moved_deleted_put_aside_and_let_through(office):
    load(office, rule(1, "Friends", ["FROM|contains|OR|friend@|boss@|"], "skip|1") +
         rule(2, "Offers", ["SUBJECT|matches regular expression|AND|<(big|huge)> +offer|"],
              "delete|") +
         rule(3, "Lists", ["SUBJECT|contains|AND|[list]|"], 'move to public folders|"Lists"') +
         rule(4, "Programs", ["HAS FILE|is|OR|*.exe|*.scr|"], "move to bad queue|"))
    deleted, kept, moved, aside = (unique("huge offer"), unique("big offer"), unique("[list] a"),
                                   unique("look"))
    receive(office, deleted)
    receive(office, moved)
    program = mail(aside, to=office.address)
    program.add_attachment(b"MZ", maintype="application", subtype="octet-stream",
                           filename="Look.EXE")
    office.receive(program)
    receive(office, kept, sender="friend@elsewhere.test")
    office.client.await_message(kept, seconds=ARRIVES)
    await_in(office, "Lists", moved)
    for subject in (deleted, moved, aside):
        assert nothing_came(office, subject)
    assert deleted in mails_in(office) and aside in mails_in(office)  # nothing is lost
    why = office.postern.ctl("rules", "explain", "--user", office.jid)
    assert "quarantine" in why and "cfrules.dat:" in why


def test_a_domain_has_a_filter_of_its_own_and_it_goes_again(office):
    scope = "domain:" + office.jid.split("@")[1]
    load(office, rule(1, "Never", ["SUBJECT|contains|AND|never|"], "delete|"), "--scope", scope)
    stopped, other, kept = unique("never"), unique("fine"), unique("never")
    receive(office, stopped)
    receive(office, other)
    office.client.await_message(other, seconds=ARRIVES)
    assert nothing_came(office, stopped)
    listed = office.postern.ctl("rules", "list", "--scope", scope)
    assert "content filter" in listed and "cfrules.dat" in listed
    office.postern.ctl("rules", "remove", "--language", "filter", "--scope", scope)
    receive(office, kept)
    office.client.await_message(kept, seconds=ARRIVES)


def test_a_group_of_senders_is_filled_by_the_operator(office):
    load(office, rule(1, "Partners", ["SENDER|is a member of|AND|Sales Team|"], "stop|") +
         rule(2, "Others", ["SUBJECT|contains|AND|quote|"], "delete|"))
    office.postern.ctl("rules", "group", "sales-team", "--add", "partner@elsewhere.test")
    assert "partner@elsewhere.test" in office.postern.ctl("rules", "groups")
    stopped, kept = unique("quote"), unique("quote")
    receive(office, stopped)
    receive(office, kept, sender="partner@elsewhere.test")
    office.client.await_message(kept, seconds=ARRIVES)
    assert nothing_came(office, stopped)
    office.postern.ctl("rules", "group", "sales-team", "--remove", "partner@elsewhere.test")
    assert "sales-team" not in office.postern.ctl("rules", "groups")


def test_a_program_that_nobody_can_run_does_no_harm(office):
    load(office, rule(1, "Scan", [ALL], 'run process|"C:\\Scan\\nobody.exe $MESSAGEFILENAME$","5"') +
         rule(2, "Verdict", ["EXIT CODE|is not equal to|AND|0|"], "delete|"))
    subject = unique("scanned?")
    receive(office, subject)
    office.client.await_message(subject, seconds=ARRIVES)


def test_what_is_not_carried_over_is_told_and_an_error_changes_nothing(office):
    load(office, rule(1, "Never", ["SUBJECT|contains|AND|never|"], "delete|"))
    told = load(office, rule(1, "Pager", ["SUBJECT|contains|AND|never|"], 'send sms|"555"',
                             'add header|"X-Pager","yes"') +
                rule(2, "Archive", [ALL], 'copy to folder|"C:\\Archive"', "delete|") +
                rule(3, "Old", [ALL], "delete|", enable="No"), "--dry-run")
    assert 'rule "Pager" goes without an action: line 7, send sms' in told
    assert 'rule "Archive" is left out: line 16, copy to folder' in told
    assert 'off (Enable=No): "Old"' in told
    with pytest.raises(CtlFailed) as failed:
        load(office, rule(1, "Back", [ALL], "jump to rule|Back"))
    assert 'cfrules.dat:1:1: rule "Back" jumps back' in failed.value.message
    stopped, kept = unique("never"), unique("fine")
    receive(office, stopped)
    receive(office, kept)
    office.client.await_message(kept, seconds=ARRIVES)
    assert nothing_came(office, stopped)  # neither the trial nor the error changed anything


def test_files_are_checked_and_explained_without_a_server(office, tmp_path):
    filter_file, message = tmp_path / "cfrules.dat", tmp_path / "mail.eml"
    filter_file.write_text(rule(1, "Hello", ["SUBJECT|contains|AND|hello|"],
                                'add header|"X-To","$ACTUALTO$ $ACTUALFROM$"',
                                'send instant message|"ann@example.org","","From $SENDER$"'))
    message.write_bytes(bytes(mail("Hello there", to="me@mail.test")))
    ctl = office.postern.ctl
    assert "1 rule, no errors." in ctl("rules", "check", filter_file)
    answer = json.loads(ctl("--json", "rules", "explain", "--filter", filter_file, "--message",
                            message, "--envelope-from", "a@b.c", "--envelope-to", "d@e.f"))
    add, notify, keep = answer["actions"]
    assert add == {"action": "addheader", "name": "X-To", "value": "d@e.f a@b.c"}
    assert notify == {"action": "notify", "method": "xmpp:ann@example.org",
                      "message": "From ann@elsewhere.test", "options": ["type=chat"]}
    assert keep == {"action": "keep", "implicit": True}
    words = ctl("rules", "explain", "--filter", filter_file, "--message", message)
    assert 'cfrules.dat:6: SUBJECT|contains|AND|hello| matched "Hello there"' in words
