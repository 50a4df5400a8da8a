"""What a rule does happens once, and is remembered, whatever is killed in between."""

from collections import defaultdict

from mails import mail, unique
from test_rules_effects import (ARRIVES, await_in, mails_in, receive, restart, script,  # noqa: F401
                                writer)


def test_whatever_is_killed_between_two_effects_happens_once(writer):
    script(writer, 'require ["fileinto", "copy", "imap4flags"];\n'
                   'redirect :copy "bob@elsewhere.test";\n'
                   'fileinto :copy "Copies";\nfileinto :flags "\\\\Seen" "Lists";')
    mark = unique("many")
    subjects = [f"{mark} {number};" for number in range(20)]
    for number, subject in enumerate(subjects):
        receive(writer, subject)
        if number % 5 == 4:
            restart(writer.postern, "fetcher")
    for subject in subjects:
        await_in(writer, "Lists", subject, seconds=60)
        # Where the sender dies along, what it was sending waits for its lease to end.
        writer.site.recorder.await_subject(subject, seconds=60)
    for folder in ("Lists", "Copies"):
        found = mails_in(writer, folder)
        assert {subject: len(found.get(subject, [])) for subject in subjects} == \
            dict.fromkeys(subjects, 1), folder
    assert not any(subject in mails_in(writer) for subject in subjects)
    # A sender that dies before the last answer of the SMTP server can't know (test_sending_kill.py).
    most = 1 if writer.postern.form == "services" else 2
    assert all(len(writer.site.recorder.with_subject(subject)) <= most for subject in subjects)


def test_copies_are_known_though_the_rules_were_killed_in_between(writer):
    script(writer, 'require "duplicate";\nif duplicate { discard; }')
    rules = "rules" if "rules" in writer.postern.parts else "postern"
    letters = {unique(f"twice {number}"): None for number in range(6)}
    for number, subject in enumerate(letters):
        letter = mail(subject, to=writer.address)
        writer.receive(letter)
        # Half of them are shown, and perhaps not remembered yet.
        if number % 2:
            writer.client.await_message(subject, seconds=60)
        writer.postern.kill(rules)
        writer.receive(letter)
        writer.postern.revive(rules)
    writer.postern.await_ready()
    last = unique("after")
    receive(writer, last)
    writer.client.await_message(last, seconds=60)
    shown = defaultdict(set)
    for chat in writer.client.messages:
        for subject in letters:
            if subject in chat.body:
                shown[subject].add(chat.id)
    assert {subject: len(shown[subject]) for subject in letters} == dict.fromkeys(letters, 1)
    found = mails_in(writer)
    assert all(len(found[subject]) == 2 for subject in letters)  # what is discarded stays there
