"""What rules leave undone is told to whoever asks, the operator and the user, and with the reason."""

import pytest

from mails import unique
from test_personal_rules import reply
from test_rules_effects import ARRIVES, receive, script


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
