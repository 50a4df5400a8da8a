"""What Sieve scripts say happens in the mailbox, at other people's and on the phone, and happens
once, whatever is killed in between."""

import time
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy

import pytest

from fetcher_rpc import FetcherRpc
from mails import mail, unique
from servers.daemon import wait_until
from test_presence import settle

ARRIVES = 20  # seconds


@pytest.fixture
def writer(juliet):
    juliet.make_folders(*map(juliet.site.mailboxes.folder_name, ["Lists", "Copies"]))
    juliet.register_imap("work")
    juliet.register_smtp("out")
    yield juliet
    script(juliet, "keep;")


def script(member, text, *options):
    """The member's own, in force at once."""
    file = member.postern.folder / "story.sieve"
    file.write_text(text)
    member.postern.ctl("rules", "import", "sieve", file, "--scope", member.jid, *options)


def mails_in(member, folder="INBOX"):
    """Subject -> the flags of each mail of that subject; "A/B" whatever the server has there."""
    found = {}
    if folder != "INBOX":
        folder = member.site.mailboxes.folder_name(*folder.split("/"))
    with member.site.mailboxes.open(member.address) as client:
        status, (count,) = client.select(f'"{folder}"', readonly=True)
        if status != "OK" or count == b"0":
            return found
        _, answers = client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER])")
        for answer in answers:
            if isinstance(answer, tuple):
                subject = message_from_bytes(answer[1], policy=policy.default)["Subject"]
                found.setdefault(subject, []).append(answer[0].decode())
    return found


def await_in(member, folder, subject, seconds=ARRIVES):
    return wait_until(lambda: mails_in(member, folder).get(subject), seconds,
                      f"{subject} in {folder}")


def receive(member, subject, **fields):
    member.receive(mail(subject, to=member.address, **fields))


def restart(postern, *services):
    """kill -9 of these, or of all in one process, and again."""
    parts = services if postern.form == "services" else ["postern"]
    for part in parts:
        postern.kill(part)
    for part in parts:
        postern.revive(part)
    postern.await_ready()


def nothing_came(member, subject):
    return not any(subject in body for body in member.client.bodies())


# --- the mailbox ----------------------------------------------------------------------


def test_a_mail_is_filed_with_its_flags_and_not_shown(writer):
    script(writer, 'require ["fileinto", "imap4flags"];\n'
                   'if header :contains "subject" "list" '
                   '{ fileinto :flags ["\\\\Flagged", "later"] "Lists"; }')
    filed, kept = unique("list"), unique("other")
    receive(writer, filed)
    receive(writer, kept)
    writer.client.await_message(kept)
    flags, = await_in(writer, "Lists", filed)
    assert "\\Flagged" in flags and "later" in flags
    assert "\\Seen" not in flags
    assert filed not in mails_in(writer)
    assert nothing_came(writer, filed)


def test_a_copy_stays_and_the_folder_is_made(writer):
    script(writer, 'require ["fileinto", "copy", "mailbox"];\n'
                   'fileinto :copy :create "Made/by rule";')
    subject = unique("copied")
    receive(writer, subject)
    writer.client.await_message(subject)
    assert len(await_in(writer, "Made/by rule", subject)) == 1
    assert len(mails_in(writer)[subject]) == 1


def test_a_folder_that_is_not_there_is_told_and_the_mail_comes(writer):
    script(writer, 'require "fileinto";\nfileinto "No such folder";')
    subject = unique("lost?")
    receive(writer, subject)
    writer.client.await_message("Subject: " + subject, seconds=ARRIVES)
    writer.client.await_message("could not put", seconds=ARRIVES)
    assert subject in mails_in(writer)


def test_a_script_asks_whether_a_folder_is_there(writer):
    script(writer, 'require ["fileinto", "mailbox"];\n'
                   'if mailboxexists "Copies" { fileinto "Copies"; }\n'
                   'elsif mailboxexists "Nowhere" { discard; }')
    subject = unique("asked")
    receive(writer, subject)
    await_in(writer, "Copies", subject)


def test_what_is_discarded_is_not_shown_and_stays_in_the_mailbox(writer):
    script(writer, 'require "body";\nif body :contains "lottery" { discard; }')
    gone, kept = unique("won"), unique("fine")
    receive(writer, gone, text="The lottery, again.\n")
    receive(writer, kept)
    writer.client.await_message(kept)
    assert nothing_came(writer, gone)
    assert gone in mails_in(writer)


def test_copies_that_come_together_are_one(writer):
    script(writer, 'require "duplicate";\nif duplicate { discard; }')
    twice, after = unique("twice"), unique("after")
    letter = mail(twice, to=writer.address)
    writer.receive(letter)
    writer.receive(letter)
    receive(writer, after)
    writer.client.await_message(after, seconds=ARRIVES)
    assert sum(twice in body for body in writer.client.bodies()) == 1
    assert len(mails_in(writer)[twice]) == 2


def test_a_script_may_ask_for_one_folder_after_the_other(writer):
    folders = ["Lists", "Copies", "One", "Two", "Three", "Four"]
    writer.make_folders(*map(writer.site.mailboxes.folder_name, folders[2:]))
    tests = ", ".join(f'mailboxexists "{folder}"' for folder in folders)
    script(writer, 'require ["fileinto", "mailbox"];\n'
                   f'if allof({tests}) {{ fileinto "Copies"; }}')
    subject = unique("asked often")
    receive(writer, subject)
    await_in(writer, "Copies", subject)


# --- other people ---------------------------------------------------------------------


def test_a_redirected_mail_arrives_once_and_whole(writer):
    script(writer, 'require "copy";\nredirect :copy "bob@elsewhere.test";')
    subject = unique("forward")
    receive(writer, subject, text="Word for word.\n")
    writer.client.await_message(subject)
    sent = writer.site.recorder.await_subject(subject)
    assert "Word for word." in sent.mail.get_content()
    assert sent.mail["X-Postern-Copied"]
    time.sleep(2)
    assert len(writer.site.recorder.with_subject(subject)) == 1


def test_an_id_that_is_no_text_holds_nothing_up(writer):
    script(writer, 'require "copy";\nredirect :copy "bob@elsewhere.test";')
    odd, after = unique("odd"), unique("after")
    content = mail(odd, to=writer.address).as_bytes()
    writer.receive(content.replace(b"Message-ID: <", b"Message-ID: <\xff\xfe"))
    receive(writer, after)
    writer.client.await_message(odd, seconds=ARRIVES)
    writer.client.await_message(after, seconds=ARRIVES)
    writer.site.recorder.await_subject(odd)
    writer.site.recorder.await_subject(after)


def test_the_absent_answer_once_in_a_while(writer):
    script(writer, 'require "vacation";\n'
                   'vacation :days 7 :subject "I am away" "Back in May.";')
    first, second = unique("hello"), unique("hello")
    receive(writer, first)
    writer.client.await_message(first)
    sent = writer.site.recorder.await_subject("I am away")
    # The envelope's sender, not whom From names (RFC 5230 section 4.6).
    assert sent.recipients == [sent.mail["To"]] == ["sender@elsewhere.test"]
    assert sent.sender == "<>"
    assert sent.mail["Auto-Submitted"].startswith("auto-replied")
    assert "Back in May." in sent.mail.get_content()
    receive(writer, second)
    writer.client.await_message(second)
    time.sleep(2)
    assert len(writer.site.recorder.with_subject("I am away")) == 1


def test_an_answer_of_mime_has_no_sender_and_is_filed(writer):
    script(writer, 'require ["vacation", "fcc"];\n'
                   'vacation :mime :subject "Gone fishing" :fcc "Copies" text:\n'
                   "Content-Type: text/html; charset=utf-8\n\n<p>Back in May.</p>\n.\n;")
    subject = unique("hello")
    receive(writer, subject)
    sent = writer.site.recorder.await_subject("Gone fishing")
    assert sent.sender == "<>" and sent.recipients == ["sender@elsewhere.test"]
    assert sent.mail.get_content_type() == "text/html"
    assert sent.mail["Auto-Submitted"].startswith("auto-replied")
    assert sent.mail["From"] == f"{writer.person.name.title()} <{writer.address}>"
    flags, = await_in(writer, "Copies", "Gone fishing")
    assert "\\Seen" in flags


def test_a_redirected_mail_has_the_edits_made_before(writer):
    script(writer, 'require ["editheader", "copy"];\n'
                   'addheader "X-Before" "yes";\nredirect :copy "bob@elsewhere.test";\n'
                   'addheader "X-After" "no";')
    subject = unique("edited")
    receive(writer, subject)
    writer.client.await_message(subject)
    sent = writer.site.recorder.await_subject(subject)
    assert sent.mail["X-Before"] == "yes" and sent.mail["X-After"] is None


def test_another_user_gets_the_mail(writer, new_member):
    nurse = new_member("nurse")
    nurse.register_smtp("out")
    script(writer, f'require "vnd.postern.deliver";\ndeliver :to "{nurse.jid}";')
    subject = unique("for you")
    receive(writer, subject)
    nurse.client.await_message(subject, seconds=ARRIVES)
    script(writer, 'require "vnd.postern.deliver";\ndeliver :to "nobody@example.org";')
    other = unique("for whom")
    receive(writer, other)
    writer.client.await_message("has no account here", seconds=ARRIVES)
    writer.client.await_message("Subject: " + other, seconds=ARRIVES)
    assert nothing_came(writer, subject)


def test_who_has_no_way_to_send_is_told_and_gets_the_mail(juliet):
    juliet.register_imap("work")
    script(juliet, 'redirect "bob@elsewhere.test";')
    subject = unique("stuck")
    receive(juliet, subject)
    juliet.client.await_message("Subject: " + subject, seconds=ARRIVES)
    juliet.client.await_message("no account that sends mail", seconds=ARRIVES)
    script(juliet, "keep;")


# --- how and when it is shown -----------------------------------------------------------


def test_the_header_alone_is_shown(writer):
    script(writer, 'require "vnd.postern.deliver";\ndeliver :mode "headers";')
    subject = unique("brief")
    receive(writer, subject, text="A secret text.\n")
    shown = writer.client.await_message(subject)
    assert "A secret text" not in shown.body


def test_rules_do_not_wait_for_their_user(juliet):
    """Who wants no mail while they are busy has it filed and answered all the same."""
    juliet.make_folders("Lists")
    juliet.register_imap("work", dnd_action="0")
    script(juliet, 'require ["fileinto", "vnd.postern.deliver"];\n'
                   'if header :contains "subject" "list" { fileinto "Lists"; }\n'
                   'elsif header :contains "subject" "urgent" { deliver :mode "full"; }')
    juliet.client.set_presence("dnd")
    settle(juliet, "dnd")
    filed, urgent, waits = unique("list"), unique("urgent"), unique("later")
    receive(juliet, waits)
    receive(juliet, filed)
    receive(juliet, urgent)
    await_in(juliet, "Lists", filed)
    juliet.client.await_message(urgent, seconds=ARRIVES)
    assert nothing_came(juliet, waits)
    juliet.client.set_presence(None)
    juliet.client.await_message(waits, seconds=ARRIVES)
    script(juliet, "keep;")


def test_a_held_mail_comes_at_its_time_though_the_fetcher_was_killed(writer):
    at = (datetime.now(timezone.utc) + timedelta(seconds=75)).replace(second=0, microsecond=0)
    script(writer, 'require "vnd.postern.hold";\n'
                   f'if header :contains "subject" "hold" {{ hold :until "{at:%Y-%m-%dT%H:%M}"; }}')
    held, kept = unique("hold"), unique("now")
    receive(writer, held)
    receive(writer, kept)
    writer.client.await_message(kept)
    restart(writer.postern, "fetcher")
    assert nothing_came(writer, held)
    writer.client.await_message(held, seconds=120)
    assert datetime.now(timezone.utc) >= at
    assert len([body for body in writer.client.bodies() if held in body]) == 1


# --- rules on what is there already -----------------------------------------------------


def test_rules_are_tried_on_a_folder_and_then_applied(writer):
    if writer.postern.form != "services":
        pytest.skip("the fetcher's door is open between processes only")
    subjects = [unique("old") for _ in range(3)]
    for subject in subjects:
        receive(writer, subject)
        writer.client.await_message(subject)
    command = writer.postern.services["fetcher"].command
    rpc = FetcherRpc(command[command.index("--listen") + 1])
    account = writer.account_id("work")
    tried = rpc.ApplyRules(account_id=account,
                           try_script='require "fileinto";\nfileinto "Lists";')
    assert [list(each.actions) for each in tried.mails] == [["fileinto Lists"]] * 3
    assert {count.action: count.mails for count in tried.counts} == {"fileinto Lists": 3}
    assert all(subject in mails_in(writer) for subject in subjects)
    script(writer, 'require "fileinto";\n'
                   f'if header :is "subject" "{subjects[0]}" {{ fileinto "Lists"; }}')
    rpc.ApplyRules(account_id=account, carry_out=True)
    await_in(writer, "Lists", subjects[0])
    left = mails_in(writer)
    assert subjects[0] not in left and subjects[1] in left and subjects[2] in left
    rpc.close()
