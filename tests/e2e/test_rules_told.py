"""What rules leave undone is told to whoever asks, the operator and the user, and with the reason."""

import pytest

from mails import unique
from servers.daemon import wait_until
from test_chat_commands import say
from test_personal_rules import reply
from test_rules_effects import ARRIVES, await_in, mails_in, receive, script


@pytest.fixture
def writer(juliet):
    juliet.register_imap("work")
    juliet.register_smtp("out")
    return juliet


def test_a_list_gets_no_answer_and_who_asks_learns_why(writer):
    gone = unique("Gone")
    script(writer, f'require "vacation";\nvacation :subject "{gone}" "Back in May.";')
    listed, asked = unique("list"), unique("question")
    receive(writer, listed, list_id="<dev.lists.elsewhere.test>")
    chat = writer.client.await_message(listed, seconds=ARRIVES)
    why = "the mail is from a list (List-Id)"
    assert why in writer.postern.ctl("rules", "explain", "--user", writer.jid)
    assert "list" in reply(writer, chat, "why")

    receive(writer, asked)
    other = writer.client.await_message(asked, seconds=ARRIVES)
    answer = writer.site.recorder.await_subject(gone)
    # The one that was written to a person, from the same envelope's sender as the list's.
    assert writer.site.recorder.with_subject(gone) == [answer]
    told = reply(writer, other, "why")
    assert "answer" in told and "sender@elsewhere.test" in told

    ctl = writer.postern.ctl
    assert "No sieve rules" in ctl("rules", "remove", "--language", "sieve", "--scope", writer.jid)
    assert writer.postern.ctl_json("rules", "list", "--scope", writer.jid)["programs"] == []


def test_what_could_not_be_filed_is_no_mail_that_was_kept_back(writer):
    writer.make_folders(writer.site.mailboxes.folder_name("Copies"))
    script(writer, 'require ["fileinto", "copy"];\n'
                   'fileinto :copy "Copies";\nfileinto "Missing";\n')
    subject = unique("unfiled")
    receive(writer, subject)
    chat = writer.client.await_message("Subject: " + subject, seconds=ARRIVES)
    writer.client.await_message('the folder "Missing": there is no folder "Missing"', seconds=ARRIVES)
    await_in(writer, "Copies", subject)
    assert subject in mails_in(writer)
    # What came of it is written down when all is done.
    wait_until(lambda: 'not done: there is no folder "Missing"' in writer.postern.ctl(
        "rules", "explain", "--user", writer.jid), ARRIVES, "the outcome to be known", pause=0.1)
    told = reply(writer, chat, "why")
    assert 'copy it to the folder "Copies", by your script "story.sieve", line 2;' in told
    assert ('move it to the folder "Missing", by your script "story.sieve", line 3 (not done: there '
            'is no folder "Missing"); so it came to you after all') in told
    assert subject not in say(writer, "why not unfiled")
    # Once the folder is there, mails go to it, and are kept back.
    writer.make_folders(writer.site.mailboxes.folder_name("Missing"))
    filed = unique("filed")
    receive(writer, filed)
    await_in(writer, "Missing", filed)
    told = say(writer, "why not filed")
    assert filed in told and "not done" not in told


def test_what_a_rule_sent_in_vain_is_not_taken_for_a_mail_of_ones_own(writer):
    script(writer, 'require "copy";\nredirect :copy "refused@elsewhere.test";')
    subject = unique("on")
    receive(writer, subject)
    writer.client.await_message(subject, seconds=ARRIVES)
    told = writer.client.await_message("refused@elsewhere.test", type="chat", seconds=ARRIVES)
    assert told.body.startswith("A mail that a rule sent on to refused@elsewhere.test was not "
                                "delivered there: ")
